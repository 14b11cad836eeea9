//! The style, the script and the mark, embedded in the binary.

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ring::digest::{SHA256, digest};

const ALL: [(&str, &str, &str); 3] = [
    (
        "sverka.css",
        "text/css; charset=utf-8",
        include_str!("assets/sverka.css"),
    ),
    (
        "sverka.js",
        "text/javascript; charset=utf-8",
        include_str!("assets/sverka.js"),
    ),
    ("sverka.svg", "image/svg+xml", include_str!("assets/sverka.svg")),
];

/// Asked for with every page, and sent only when another version of us has other ones.
pub(super) async fn asset(Path(name): Path<String>, asked: HeaderMap) -> Response {
    let Some((_, kind, text)) = ALL.into_iter().find(|(known, _, _)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mark: String = digest(&SHA256, text.as_bytes()).as_ref()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mark = format!("\"{mark}\"");
    let known = asked
        .get(header::IF_NONE_MATCH)
        .is_some_and(|held| held.as_bytes() == mark.as_bytes());
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::ETAG, mark),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, text).into_response()
}

//! Who may come in, and what leaves the house.
//!
//! With `http.token` a person gives it once and gets a session: a cookie that is its own proof (an expiry and a number,
//! signed with a key made of the token), so that every daemon of one configuration knows it and a new token ends it. A
//! script sends `Authorization: Bearer`. Without a token the page is on loopback only (the configuration sees to that) and
//! whoever is there is let in; then the name in `Host` must be loopback's, or a foreign site could point its own name here.
//! Everything that changes something is a POST with the session's own form token.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Form;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use ring::hmac;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Site, frame};
use crate::config::Secret;
use crate::say;
use crate::upstream::address::component;
use crate::words::Lang;

/// How long a session lasts.
const SESSION: Duration = Duration::from_secs(12 * 3600);
/// So many wrong tokens in a minute, and nobody is asked again in it.
const GUESSES: u32 = 10;
const MINUTE: Duration = Duration::from_secs(60);

const COOKIE: &str = "sverka_session";
const LANGUAGE: &str = "sverka_lang";

/// Keeps what the sessions hang on.
pub struct Door {
    /// Signs sessions where there is no token to make a key of.
    own: hmac::Key,
    guesses: Mutex<(Instant, u32)>,
}

impl Door {
    pub(super) fn new() -> Self {
        // ring's own source of randomness; 32 letters of a fast one where the system has none.
        let own = hmac::Key::generate(hmac::HMAC_SHA256, &ring::rand::SystemRandom::new()).unwrap_or_else(|_| {
            let letters: String = std::iter::repeat_with(fastrand::alphanumeric).take(32).collect();
            hmac::Key::new(hmac::HMAC_SHA256, letters.as_bytes())
        });
        Self {
            own,
            guesses: Mutex::new((Instant::now(), 0)),
        }
    }

    fn key(&self, token: Option<&Secret>) -> hmac::Key {
        match token {
            Some(token) => hmac::Key::new(hmac::HMAC_SHA256, token.reveal().as_bytes()),
            None => self.own.clone(),
        }
    }

    /// Whether somebody may guess once more in this minute.
    fn may_guess(&self) -> bool {
        let mut guesses = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        if guesses.0.elapsed() > MINUTE {
            *guesses = (Instant::now(), 0);
        }
        guesses.1 < GUESSES
    }

    fn guessed_wrong(&self) {
        self.guesses.lock().unwrap_or_else(PoisonError::into_inner).1 += 1;
    }
}

/// `what` signed, in hexadecimal digits.
fn sign(key: &hmac::Key, what: &str) -> String {
    let tag = hmac::sign(key, what.as_bytes());
    tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compared in a time that does not tell how much of it was right.
fn is_same(key: &hmac::Key, given: impl AsRef<[u8]>, wanted: &str) -> bool {
    hmac::verify(key, given.as_ref(), hmac::sign(key, wanted.as_bytes()).as_ref()).is_ok()
}

/// A new session, as it stands in the cookie.
fn session(key: &hmac::Key) -> String {
    let ends = chrono::Utc::now().timestamp() + i64::try_from(SESSION.as_secs()).unwrap_or(i64::MAX);
    let number = fastrand::u64(..);
    let body = format!("{ends}.{number:016x}");
    let proof = sign(key, &format!("session {body}"));
    format!("{body}.{proof}")
}

fn is_session(key: &hmac::Key, cookie: &str) -> bool {
    let Some((body, proof)) = cookie.rsplit_once('.') else {
        return false;
    };
    let ends = body.split('.').next().and_then(|ends| ends.parse::<i64>().ok());
    ends.is_some_and(|ends| ends > chrono::Utc::now().timestamp())
        && is_same(key, proof, &sign(key, &format!("session {body}")))
}

/// Whoever looks at a page.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// What they read.
    pub(crate) lang: Lang,
    /// For the forms of this session.
    pub(crate) form_token: String,
    /// Where they are, for `queue.audit`.
    pub(crate) who: String,
    /// Whether there is anything to log out of.
    pub(crate) has_session: bool,
    /// The path of the page, for what leads back to it.
    pub(crate) path: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // Put there by `guard`; pages before the door have a stranger.
        let known = parts.extensions.get::<Self>().cloned();
        Ok(known.unwrap_or_else(|| visitor(&parts.headers, parts.uri.path_and_query().map_or("/", |at| at.as_str()))))
    }
}

fn visitor(headers: &HeaderMap, path: &str) -> Visitor {
    let accepted = || {
        let accept = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        Some(Lang::of_browser(accept))
    };
    let chosen = cookie(headers, LANGUAGE).and_then(|tag| Lang::parse(&tag));
    Visitor {
        lang: chosen.or_else(accepted).unwrap_or_default(),
        form_token: String::new(),
        who: String::new(),
        has_session: false,
        path: path.to_owned(),
    }
}

/// What a form asks for, once its token has been found to be the session's.
pub(crate) struct Asked<T>(pub(crate) T);

#[derive(Deserialize)]
struct Sealed<T> {
    form_token: String,
    #[serde(flatten)]
    asked: T,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Asked<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let visitor = request.extensions().get::<Visitor>().cloned();
        let from_elsewhere = is_from_elsewhere(request.headers());
        let form = Form::<Sealed<T>>::from_request(request, state).await;
        let Some(visitor) = visitor else {
            return Err(StatusCode::FORBIDDEN.into_response());
        };
        let form = form.map_err(IntoResponse::into_response)?.0;
        let wanted = hmac::Key::new(hmac::HMAC_SHA256, visitor.form_token.as_bytes());
        if from_elsewhere || visitor.form_token.is_empty() || !is_same(&wanted, &form.form_token, &visitor.form_token) {
            let (title, text) = (say!(visitor.lang, "form-old"), say!(visitor.lang, "form-old-text"));
            return Err((StatusCode::FORBIDDEN, frame::message(&visitor, &title, &text)).into_response());
        }
        Ok(Self(form.asked))
    }
}

/// Whether a form was sent by another site's page, as far as the browser says. Behind a proxy the house is called by the
/// name that the proxy was called by.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return true;
    }
    let ours = [text("x-forwarded-host"), text("host")];
    text("origin").is_some_and(|origin| {
        let name = origin.split_once("://").map_or("", |(_, name)| name);
        !ours.into_iter().flatten().any(|host| host.eq_ignore_ascii_case(name))
    })
}

/// Lets in who has a session or the token; sends the others to the login.
pub(super) async fn guard(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let context = site.now();
    let token = context.settings.http.token.as_ref();
    let key = site.door.key(token);
    let path = request.uri().path_and_query().map_or("/", |at| at.as_str()).to_owned();
    let headers = request.headers();
    if token.is_none() && !names_loopback(headers) {
        return wrong_name();
    }
    let held = cookie(headers, COOKIE).filter(|cookie| is_session(&key, cookie));
    let bearer = token.is_some_and(|token| bears(headers, token));
    let (held, fresh) = match held {
        Some(held) => (held, false),
        None if bearer => (String::new(), false),
        None if token.is_none() => (session(&key), true),
        None if path.starts_with("/api/") => return ask_for_token(),
        None => return Redirect::to(&format!("/login?to={}", component(&path))).into_response(),
    };
    let secure = is_secure(headers);
    let address = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|from| from.0.ip());
    let mut visitor = visitor(headers, &path);
    visitor.who = who(address);
    if !held.is_empty() {
        visitor.form_token = sign(&key, &format!("form {held}"));
        visitor.has_session = token.is_some();
    }
    request.extensions_mut().insert(visitor.clone());
    let mut answer = super::explained(&visitor, next.run(request).await);
    if fresh {
        set_cookie(&mut answer, COOKIE, &held, SESSION, secure);
    }
    answer
}

/// Lets in a program that has no session: with `http.token` its bearer, without one whoever is on this machine.
///
/// # Errors
/// The answer to who may not.
#[allow(clippy::result_large_err, reason = "the refusal is the answer itself, made once")]
pub(crate) fn admit_program(headers: &HeaderMap, token: Option<&Secret>) -> Result<(), Response> {
    match token {
        Some(token) if bears(headers, token) => Ok(()),
        None if names_loopback(headers) => Ok(()),
        Some(_) => Err(ask_for_token()),
        None => Err(wrong_name()),
    }
}

fn ask_for_token() -> Response {
    let asks = [(header::WWW_AUTHENTICATE, "Bearer")];
    (StatusCode::UNAUTHORIZED, asks, "http.token is asked for\n").into_response()
}

fn wrong_name() -> Response {
    (
        StatusCode::MISDIRECTED_REQUEST,
        "this page answers to the name localhost only\n",
    )
        .into_response()
}

/// Whether a request carries the token itself.
pub(crate) fn bears(headers: &HeaderMap, token: &Secret) -> bool {
    // As bytes: a token may be of any letters.
    let given = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let key = hmac::Key::new(hmac::HMAC_SHA256, token.reveal().as_bytes());
    given
        .and_then(|given| given.strip_prefix(b"Bearer "))
        .is_some_and(|given| is_same(&key, given.trim_ascii(), token.reveal()))
}

fn who(address: Option<IpAddr>) -> String {
    address.map_or_else(|| "the page".to_owned(), |address| format!("the page, from {address}"))
}

/// Headers that go with every answer.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    const ALL: [(HeaderName, &str); 6] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=()",
        ),
    ];
    let mut answer = next.run(request).await;
    for (name, value) in ALL {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    // What is shown of a business is not kept by anybody on the way.
    answer
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    answer
}

#[derive(Deserialize)]
pub(super) struct To {
    to: Option<String>,
}

/// The login.
pub(super) async fn form(visitor: Visitor, axum::extract::Query(To { to }): axum::extract::Query<To>) -> Response {
    login_form(&visitor, &back(to.as_deref()), None).into_response()
}

fn login_form(visitor: &Visitor, to: &str, wrong: Option<&str>) -> maud::Markup {
    let lang = visitor.lang;
    let content = html! {
        form.login method="post" action="/login" {
            input type="hidden" name="to" value=(to);
            label for="token" { (say!(lang, "login-token")) }
            input #token type="password" name="token" required autofocus autocomplete="current-password"
                aria-describedby="token-hint" aria-invalid=[wrong.map(|_| "true")];
            p.hint #token-hint { (say!(lang, "login-hint")) }
            @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
            button type="submit" { (say!(lang, "login-enter")) }
        }
    };
    frame::stranger(visitor, &say!(lang, "login"), &content)
}

#[derive(Deserialize)]
pub(super) struct Login {
    token: String,
    to: Option<String>,
}

pub(super) async fn login(
    State(site): State<Site>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(login): Form<Login>,
) -> Response {
    let context = site.now();
    let to = back(login.to.as_deref());
    let Some(token) = context.settings.http.token.as_ref() else {
        return Redirect::to(&to).into_response();
    };
    let refused = |status: StatusCode, why: String| (status, login_form(&visitor, &to, Some(&why))).into_response();
    if !site.door.may_guess() {
        return refused(StatusCode::TOO_MANY_REQUESTS, say!(visitor.lang, "login-too-often"));
    }
    let key = site.door.key(Some(token));
    if !is_same(&key, login.token.trim(), token.reveal()) {
        site.door.guessed_wrong();
        tracing::warn!("somebody gave a wrong token at the admin page");
        return refused(StatusCode::UNAUTHORIZED, say!(visitor.lang, "login-wrong"));
    }
    let mut answer = Redirect::to(&to).into_response();
    set_cookie(&mut answer, COOKIE, &session(&key), SESSION, is_secure(&headers));
    answer
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn logout(headers: HeaderMap, Asked(Nothing {}): Asked<Nothing>) -> Response {
    let mut answer = Redirect::to("/login").into_response();
    set_cookie(&mut answer, COOKIE, "", Duration::ZERO, is_secure(&headers));
    answer
}

#[derive(Deserialize)]
pub(super) struct Language {
    lang: String,
    to: Option<String>,
}

/// The choice of a language, for strangers too: it changes nothing but what they read.
pub(super) async fn language(headers: HeaderMap, Form(asked): Form<Language>) -> Response {
    let lang = Lang::parse(&asked.lang).unwrap_or_default();
    let mut answer = Redirect::to(&back(asked.to.as_deref())).into_response();
    let year = Duration::from_secs(365 * 86_400);
    set_cookie(&mut answer, LANGUAGE, lang.code(), year, is_secure(&headers));
    answer
}

/// Only within the house: a path of our own, never another site's.
fn back(to: Option<&str>) -> String {
    let ours = |to: &&str| to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\r', '\n']);
    to.filter(ours).unwrap_or("/").to_owned()
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(known, value)| (known == name).then(|| value.to_owned()))
}

fn set_cookie(answer: &mut Response, name: &str, value: &str, age: Duration, secure: bool) {
    let secure = if secure { "; Secure" } else { "" };
    let age = age.as_secs();
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}{secure}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// Whether a proxy in front speaks TLS with the browser.
fn is_secure(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https")
}

fn names_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else {
        return false;
    };
    let Ok(url) = url::Url::parse(&format!("http://{host}")) else {
        return false;
    };
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

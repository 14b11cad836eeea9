//! An article that nobody knows: where it was looked for, and what is spelled almost so.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;

/// So many neighbours in the order of the alphabet are looked at, on each side and in each list.
const NEIGHBOURS: i64 = 25;
/// So many spellings are offered.
const OFFERED: usize = 5;
/// Less alike is not offered.
const ALIKE: f64 = 0.8;

/// Where an article was looked for in vain.
#[derive(Clone, Debug, Serialize)]
pub struct Nowhere {
    /// As it was asked for.
    pub article: String,
    /// Known articles that are spelled almost so, the likeliest first.
    pub near: Vec<String>,
    /// When KEAZ's list of remains was last read.
    pub keaz_read_at: Option<DateTime<Utc>>,
}

/// What stands beside a spelling in the lists, by their indexes.
const BESIDE: &str = "
    (SELECT article::text FROM erp.stock WHERE article >= $1 ORDER BY article LIMIT $2)
    UNION (SELECT article::text FROM erp.stock WHERE article < $1 ORDER BY article DESC LIMIT $2)
    UNION (SELECT article FROM mirror.keaz_remain WHERE article >= $1 ORDER BY article LIMIT $2)
    UNION (SELECT article FROM mirror.keaz_remain WHERE article < $1 ORDER BY article DESC LIMIT $2)";

/// Looks for spellings like it.
pub async fn nowhere(pool: &PgPool, article: &str) -> sqlx::Result<Nowhere> {
    let mut known: Vec<String> = Vec::new();
    for spelling in spellings(article) {
        let beside: Vec<String> = sqlx::query_scalar(BESIDE)
            .bind(&spelling)
            .bind(NEIGHBOURS)
            .fetch_all(pool)
            .await?;
        known.extend(beside);
    }
    Ok(Nowhere {
        article: article.to_owned(),
        near: nearest(article, known),
        keaz_read_at: super::keaz_read_at(pool).await?,
    })
}

/// The same in other letters: a Cyrillic `А` is not a Latin one, though nobody sees it; and its beginning, for what was
/// mistyped further on.
fn spellings(article: &str) -> Vec<String> {
    let upper = article.to_uppercase();
    let half: String = upper.chars().take(upper.chars().count().div_ceil(2)).collect();
    let mut all = vec![
        article.to_owned(),
        article.to_lowercase(),
        swapped(&upper, &CYRILLIC, &LATIN),
        swapped(&upper, &LATIN, &CYRILLIC),
        upper,
        half,
    ];
    all.sort();
    all.dedup();
    all
}

const LATIN: [char; 12] = ['A', 'B', 'C', 'E', 'H', 'K', 'M', 'O', 'P', 'T', 'X', 'Y'];
const CYRILLIC: [char; 12] = ['А', 'В', 'С', 'Е', 'Н', 'К', 'М', 'О', 'Р', 'Т', 'Х', 'У'];

fn swapped(text: &str, from: &[char], to: &[char]) -> String {
    let swap = |c: char| {
        let place = from.iter().position(|known| *known == c);
        place.and_then(|place| to.get(place).copied()).unwrap_or(c)
    };
    text.chars().map(swap).collect()
}

/// How a spelling is compared: case, alphabet and what stands between the letters do not count.
fn plain(article: &str) -> String {
    let upper = swapped(&article.to_uppercase(), &CYRILLIC, &LATIN);
    upper.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn nearest(article: &str, mut known: Vec<String>) -> Vec<String> {
    known.sort();
    known.dedup();
    let wanted = plain(article);
    let mut rated: Vec<(f64, String)> = known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(&wanted, &plain(&known)), known))
        .filter(|(alike, _)| *alike >= ALIKE)
        .collect();
    rated.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    rated.into_iter().take(OFFERED).map(|(_, known)| known).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spelling_is_near_whatever_its_case_alphabet_or_hyphens() {
        let known = ["OptiDin-BM63", "OptiDin-BM100", "ВА47-29", "something else"].map(str::to_owned);
        for (asked, first) in [
            ("optidin bm63", "OptiDin-BM63"),
            ("OptiDin-BM6З", "OptiDin-BM63"),
            ("BA47-29", "ВА47-29"),
        ] {
            assert_eq!(
                nearest(asked, known.to_vec()).first().map(String::as_str),
                Some(first),
                "{asked}"
            );
        }
        assert_eq!(nearest("QQQ-1", known.to_vec()), [""; 0]);
    }
}

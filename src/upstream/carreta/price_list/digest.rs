//! Which list it is, whatever the site says of its date: the bytes of the file, and how they would be read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ring::digest::{Context, SHA256};

/// SHA-256, in hexadecimal, over this program's version, the configured columns and the file. Another version may read the
/// same bytes otherwise.
///
/// # Errors
/// The file cannot be read.
pub(super) fn digest(path: &Path, columns: &BTreeMap<String, String>) -> io::Result<String> {
    let mut context = Context::new(&SHA256);
    // Debug quotes what it writes: no two maps look alike.
    context.update(format!("{} {columns:?}\n", env!("CARGO_PKG_VERSION")).as_bytes());
    let (mut file, mut chunk) = (File::open(path)?, vec![0; 256 * 1024]);
    loop {
        let count = file.read(&mut chunk)?;
        let Some(read) = chunk.get(..count).filter(|read| !read.is_empty()) else {
            break;
        };
        context.update(read);
    }
    Ok(context
        .finish()
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_read_in_the_same_way_have_one_digest_and_anything_else_another() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let columns = |name: &str| BTreeMap::from([("price".to_owned(), name.to_owned())]);
        let of = |text: &str, columns: &BTreeMap<String, String>| {
            std::fs::write(file.path(), text).unwrap();
            digest(file.path(), columns).unwrap()
        };
        let first = of("a;b\n", &columns("Цена"));
        assert_eq!(first.len(), 64);
        assert_eq!(of("a;b\n", &columns("Цена")), first);
        assert_ne!(of("a;c\n", &columns("Цена")), first);
        assert_ne!(of("a;b\n", &columns("Опт")), first);
    }
}

//! Where a secret may come from, which source wins, and that it is never shown.

use std::path::Path;

use super::super::schema::{KEYS, Kind};
use super::super::show;
use super::{CANARY, Source, load, loaded, refusal};

const BASE: &str = "[keaz]\nbase_url = \"https://keaz.example.com\"\n";

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn api_key(file: &str, env: &[(&str, &str)]) -> String {
    loaded(file, env)
        .unwrap()
        .settings
        .keaz
        .api_key
        .unwrap()
        .reveal()
        .to_owned()
}

#[test]
fn environment_wins_over_the_key_then_its_file_then_the_credential() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "key", "from-file\n");
    let credentials = tempfile::tempdir().unwrap();
    write(credentials.path(), "keaz.api_key", "from-credential\n");
    let credentials = ("CREDENTIALS_DIRECTORY", credentials.path().to_str().unwrap());

    let plain = format!("{BASE}api_key = \"plain\"\n");
    let in_file = format!("{BASE}api_key_file = \"{path}\"\n");
    assert_eq!(api_key(&plain, &[credentials, ("SVERKA__KEAZ__API_KEY", "env")]), "env");
    assert_eq!(
        api_key(&in_file, &[credentials, ("SVERKA__KEAZ__API_KEY", "env")]),
        "env"
    );
    assert_eq!(
        api_key(&plain, &[credentials, ("SVERKA__KEAZ__API_KEY_FILE", &path)]),
        "from-file"
    );
    assert_eq!(api_key(&plain, &[credentials]), "plain");
    assert_eq!(api_key(&in_file, &[credentials]), "from-file");
    assert_eq!(api_key(BASE, &[credentials]), "from-credential");
    assert_eq!(
        api_key(BASE, &[credentials, ("SVERKA__KEAZ__API_KEY", "")]),
        "from-credential",
        "empty = not given"
    );
}

#[test]
fn every_secret_may_stand_in_a_file_or_be_a_credential() {
    let folder = tempfile::tempdir().unwrap();
    for key in KEYS.iter().filter(|key| matches!(key.kind, Kind::Secret)) {
        let secret = match key.path {
            "database.url" => "postgres://db.example.com/erp",
            "notify.webhook.url" => "https://chat.example.com/hooks/s3",
            _ => "s3",
        };
        let path = write(folder.path(), key.path, &format!("{secret}\r\n"));
        let variable = format!("SVERKA__{}_FILE", key.path.replace('.', "__").to_uppercase());
        for env in [
            (variable.as_str(), path.as_str()),
            ("CREDENTIALS_DIRECTORY", folder.path().to_str().unwrap()),
        ] {
            let loaded = loaded("", &[env]).unwrap();
            let entry = loaded.entries.iter().find(|entry| entry.key() == key.path).unwrap();
            assert_eq!(entry.value.as_deref(), Some("\"***\""));
            assert!(entry.source.contains(&path), "{}", entry.source);
        }
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_credential_is_found_under_each_of_its_names() {
    for name in [
        "keaz.api_key",
        "keaz_api_key",
        "keaz__api_key",
        "SVERKA__KEAZ__API_KEY",
        "sverka_keaz.api_key",
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), name, " spaces are kept \n");
        let credentials = ("CREDENTIALS_DIRECTORY", folder.path().to_str().unwrap());
        assert_eq!(api_key(BASE, &[credentials]), " spaces are kept ", "{name}");
    }
}

#[test]
fn secrets_lie_in_a_folder_beside_the_file_and_the_credential_wins_over_it() {
    let folder = tempfile::tempdir().unwrap();
    let list = "[[carreta.price_lists]]\nname = \"main\"\n";
    let file = write(folder.path(), "sverka.toml", &format!("{BASE}{list}"));
    let secrets = folder.path().join("secrets");
    std::fs::create_dir(&secrets).unwrap();
    write(&secrets, "keaz.api_key", "beside\n");
    write(
        &secrets,
        "carreta.price_lists.main.url",
        "https://l.example.com/a?key=1\n",
    );
    let load = |env: &[(&str, &str)]| {
        let source = Source {
            path: Some(file.clone().into()),
        };
        let env = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        load(&source, env).unwrap().settings
    };
    let settings = load(&[]);
    assert_eq!(settings.keaz.api_key.unwrap().reveal(), "beside");
    let url = settings.carreta.price_lists[0].url.reveal().to_owned();
    assert_eq!(url, "https://l.example.com/a?key=1");

    let credentials = tempfile::tempdir().unwrap();
    write(credentials.path(), "sverka_keaz.api_key", "credential\n");
    let settings = load(&[("CREDENTIALS_DIRECTORY", credentials.path().to_str().unwrap())]);
    assert_eq!(settings.keaz.api_key.unwrap().reveal(), "credential");
    assert_eq!(settings.carreta.price_lists[0].url.reveal(), url);
}

#[test]
fn the_name_of_a_price_list_leads_out_of_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "trap.url", "https://l.example.com/a\n");
    let credentials = folder.path().join("credentials");
    std::fs::create_dir_all(credentials.join("carreta.price_lists.x")).unwrap();
    let way_out = "carreta.price_lists.x/../../trap.url";
    assert!(credentials.join(way_out).exists(), "the trap is laid");
    let list = "[[carreta.price_lists]]\nname = \"x/../../trap\"\n";
    let text = refusal(list, &[("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap())]);
    assert!(text.contains("carreta.price_lists[0].url: missing (FILE:1)"), "{text}");
}

#[test]
fn a_secret_given_twice_in_one_layer_is_refused() {
    let text = refusal(&format!("{BASE}api_key = \"{CANARY}\"\napi_key_file = \"/x\"\n"), &[]);
    assert!(
        text.contains("keaz.api_key: given twice: as keaz.api_key and as keaz.api_key_file (FILE:4)"),
        "{text}"
    );
    let text = refusal(
        BASE,
        &[("SVERKA__KEAZ__API_KEY", CANARY), ("SVERKA__KEAZ__API_KEY_FILE", "/x")],
    );
    assert!(
        text.contains("given twice") && text.contains("environment SVERKA__KEAZ__API_KEY_FILE"),
        "{text}"
    );
    assert!(!text.contains(CANARY), "{text}");
}

#[test]
fn a_secret_file_that_cannot_be_used_is_refused_with_key_and_path() {
    let folder = tempfile::tempdir().unwrap();
    let empty = write(folder.path(), "empty", "\n");
    let long = write(folder.path(), "long", &CANARY.repeat(10_000));
    let bytes = folder.path().join("bytes");
    std::fs::write(&bytes, [CANARY.as_bytes(), &[0xff]].concat()).unwrap();
    for (path, why) in [
        ("/nonexistent/key", "No such file"),
        (empty.as_str(), "it is empty"),
        (long.as_str(), "longer than"),
        (bytes.to_str().unwrap(), "not UTF-8"),
        (folder.path().to_str().unwrap(), "directory"),
    ] {
        let text = refusal(&format!("{BASE}api_key_file = \"{path}\"\n"), &[]);
        assert!(
            text.contains(&format!("keaz.api_key: cannot use the secret file {path}: ")),
            "{text}"
        );
        assert!(
            text.contains(why) && text.ends_with("(FILE:3)") && !text.contains(CANARY),
            "{text}"
        );
        assert_eq!(
            text.lines().count(),
            2,
            "no second complaint about the same key:\n{text}"
        );
    }
    write(folder.path(), "keaz.api_key", "");
    let text = refusal(BASE, &[("CREDENTIALS_DIRECTORY", folder.path().to_str().unwrap())]);
    assert!(
        text.contains("keaz.api_key: cannot use the credential: it is empty (credential "),
        "{text}"
    );
}

#[test]
fn the_address_of_a_price_list_may_stand_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "url", "https://l.example.com/a.csv?key=1\n");
    let list = format!("[[carreta.price_lists]]\nname = \"a\"\nurl_file = \"{path}\"\n");
    let settings = loaded(&list, &[]).unwrap().settings;
    assert_eq!(
        settings.carreta.price_lists[0].url.reveal(),
        "https://l.example.com/a.csv?key=1"
    );
    let twice = refusal(&format!("{list}url = \"https://l.example.com/{CANARY}\"\n"), &[]);
    assert!(
        twice.contains("carreta.price_lists[0].url: given twice") && !twice.contains(CANARY),
        "{twice}"
    );
    let missing = refusal(
        "[[carreta.price_lists]]\nname = \"a\"\nurl_file = \"/nonexistent/u\"\n",
        &[],
    );
    assert!(
        missing.contains("cannot use the secret file /nonexistent/u"),
        "{missing}"
    );
    assert_eq!(missing.lines().count(), 2, "{missing}");
}

#[test]
fn a_secret_is_in_no_output_of_a_good_configuration() {
    let file = format!(
        "[database]\nurl = \"postgres://u:{CANARY}@db.example.com/x\"\n{BASE}api_key = \"{CANARY}\"\n\
         [saplab.panel]\npassword = \"{CANARY}\"\n[saplab.client]\npassword = \"{CANARY}\"\n\
         [carreta]\napi_key = \"{CANARY}\"\n[http]\ntoken = \"{CANARY}\"\n\
         [[carreta.price_lists]]\nname = \"a\"\nurl = \"https://u:{CANARY}@l.example.com/a?k={CANARY}\"\n"
    );
    let loaded = loaded(&file, &[]).unwrap();
    assert_eq!(loaded.settings.http.token.as_ref().unwrap().reveal(), CANARY);
    let outputs = format!("{} {loaded:?} {loaded:#?} {:?}", show(&loaded), loaded.settings);
    assert!(!outputs.contains(CANARY) && !outputs.contains("c4n4ry"), "{outputs}");
}

#[test]
fn a_secret_is_in_no_refusal() {
    let line = |section: &str, line: &str| format!("[{section}]\n{line}\n");
    for file in [
        line("keaz", &format!("api_key = {CANARY}")),
        line("keaz", &format!("api_key = \"{CANARY}")),
        line("keaz", &format!("api_key = '{CANARY}' '{CANARY}'")),
        line("keaz", &format!("api_key = \"\\q{CANARY}\"")),
        line("keaz", &format!("api_key = [\"{CANARY}\"]")),
        line("keaz", &format!("api_key = {{ value = \"{CANARY}\" }}")),
        line("keaz", &format!("api_kye = \"{CANARY}\"")),
        line("keaz", &format!("base_url = \"http://me:{CANARY}@keaz.example.com\"")),
        line(
            "keaz",
            &format!("base_url = \"https://keaz.example.com/?hash={CANARY}\""),
        ),
        line("keaz", &format!("base_url = \"//me:{CANARY}@keaz.example.com\"")),
        line("keaz", &format!("api_key_file = [\"{CANARY}\"]")),
        line("database", &format!("url = \"mysql://u:{CANARY}@db.example.com/x\"")),
        line(
            "[carreta.price_lists]",
            &format!("name = \"a\"\nurl = \"ftp://l.example.com/{CANARY}\""),
        ),
        line("[carreta.price_lists]", &format!("name = \"a\"\nurl = [\"{CANARY}\"]")),
        line(
            "[carreta.price_lists]",
            &format!("name = \"a\"\nurl = \"http://l.example.com/?k={CANARY}\""),
        ),
    ] {
        let text = refusal(&file, &[]);
        assert!(!text.contains(CANARY) && !text.contains("c4n4ry"), "{file}\n{text}");
    }
}

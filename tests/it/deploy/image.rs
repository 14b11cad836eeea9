//! The image and compose: nobody's user, a read-only root, no shell, secrets under the names that the program looks for.

use sverka::config::LogFormat;
use sverka::simulate::Options;

use super::{IMAGE_USER, is_credential, nothing, path, settings, strings, sverka, text, yaml};

/// The instructions of the last stage, continued lines joined.
fn last_stage() -> Vec<String> {
    let whole = text("deploy/Dockerfile").replace("\\\n", " ");
    let lines: Vec<_> = whole.lines().filter(|line| !line.starts_with('#')).collect();
    let start = lines.iter().rposition(|line| line.starts_with("FROM ")).unwrap();
    lines[start..].iter().map(|line| (*line).to_owned()).collect()
}

fn instruction<'a>(stage: &'a [String], name: &str) -> &'a str {
    let line = stage.iter().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn the_image_runs_the_binary_as_nobody_and_asks_it_for_its_health() {
    let stage = last_stage();
    assert_eq!(instruction(&stage, "USER"), format!("{IMAGE_USER}:{IMAGE_USER}"));
    assert!(
        !stage.iter().any(|line| line.starts_with("RUN")),
        "there is no shell to run it"
    );
    let program = "/usr/local/bin/sverka";
    assert_eq!(instruction(&stage, "ENTRYPOINT"), format!("[\"{program}\"]"));
    assert!(
        stage
            .iter()
            .any(|line| line.ends_with(&format!(" {program} {program}"))),
        "it is copied there"
    );
    let (_, asked) = instruction(&stage, "HEALTHCHECK").split_once("CMD ").unwrap();
    let asked: Vec<String> = serde_json::from_str(asked).unwrap();
    assert_eq!(asked[0], program);
    let args: Vec<_> = asked[1..].iter().map(String::as_str).chain(["--help"]).collect();
    assert!(sverka(&args, &[]).status.success(), "{args:?} is no command");
    let args: Vec<String> = serde_json::from_str(instruction(&stage, "CMD")).unwrap();
    assert_eq!(args, ["run"]);
}

#[test]
fn the_image_sets_what_the_program_takes() {
    let stage = last_stage();
    let pairs = instruction(&stage, "ENV").split_whitespace();
    let environment: Vec<_> = pairs.filter_map(|pair| pair.split_once('=')).collect();
    assert!(environment.contains(&("CREDENTIALS_DIRECTORY", "/run/secrets")));
    let settings = settings(nothing(), &environment);
    assert_eq!(settings.log.format, LogFormat::Json);
    assert_eq!(settings.data_dir.to_str(), Some(instruction(&stage, "VOLUME")));
}

#[test]
fn what_the_build_reads_is_let_in_by_dockerignore() {
    let let_in: Vec<_> = text(".dockerignore")
        .lines()
        .filter_map(|line| line.strip_prefix('!').map(str::to_owned))
        .collect();
    for needed in ["Cargo.toml", "Cargo.lock", "src", "migrations", "config"] {
        assert!(let_in.contains(&needed.to_owned()), "{needed}");
    }
}

#[test]
fn compose_gives_ours_no_more_than_they_need() {
    let compose = yaml("deploy/compose.yaml");
    for name in ["sverka", "simulator"] {
        let service = &compose["services"][name];
        assert_eq!(service["user"], format!("{IMAGE_USER}:{IMAGE_USER}"), "{name}");
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(strings(&service["cap_drop"]), ["ALL"], "{name}");
        assert_eq!(strings(&service["security_opt"]), ["no-new-privileges:true"], "{name}");
        assert!(
            service["pids_limit"].is_u64() && service["mem_limit"].is_string(),
            "{name}"
        );
    }
    for name in ["sverka", "postgres"] {
        for port in strings(&compose["services"][name]["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{port} of {name} is open to everybody");
        }
    }
}

#[test]
fn compose_sets_what_the_program_takes_and_hands_secrets_under_its_names() {
    let compose = yaml("deploy/compose.yaml");
    let daemon = &compose["services"]["sverka"];
    let environment: Vec<(&str, &str)> = daemon["environment"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    for (name, _) in &environment {
        assert!(name.starts_with("SVERKA__"), "{name}");
    }
    let with_token: Vec<_> = environment.into_iter().chain([("SVERKA__HTTP__TOKEN", "t")]).collect();
    let listen = settings(nothing(), &with_token).http.listen;
    let (_, port) = listen.rsplit_once(':').unwrap();
    assert!(strings(&daemon["ports"])[0].ends_with(&format!(":{port}")));
    for secret in strings(&daemon["secrets"]) {
        assert!(is_credential(secret), "{secret}");
        assert!(
            compose["secrets"][secret]["file"].is_string(),
            "{secret} is nowhere defined"
        );
    }
    let build = &daemon["build"];
    let context = path("deploy").join(build["context"].as_str().unwrap());
    assert!(context.join(build["dockerfile"].as_str().unwrap()).is_file());
}

#[test]
fn the_trial_finds_the_simulated_sites_where_they_are() {
    let simulator = &yaml("deploy/compose.yaml")["services"]["simulator"];
    let command = strings(&simulator["command"]);
    let ports = command
        .iter()
        .skip_while(|word| **word != "--ports")
        .nth(1)
        .expect("--ports");
    let ports: Vec<&str> = ports.split(',').collect();
    assert_eq!(simulator["network_mode"], "service:sverka", "they are on its loopback");
    let settings = settings(&path("deploy/simulate.toml"), &[]);
    for (url, port) in [
        (settings.keaz.base_url, ports[0]),
        (settings.saplab.panel.base_url, ports[1]),
        (settings.saplab.client.base_url, ports[1]),
        (settings.carreta.base_url, ports[2]),
    ] {
        let url = url.expect("every site is simulated");
        assert_eq!(url.as_str(), format!("http://127.0.0.1:{port}/"));
    }
    let file = text("deploy/simulate.toml");
    let options = Options::default();
    for made_up in [
        options.keaz_key,
        options.panel_password,
        options.client_password,
        options.carreta_key,
    ] {
        assert!(
            file.contains(&format!("\"{made_up}\"")),
            "the simulator knows another one than {file}"
        );
    }
}

//! The manifests: they fit each other, the probes ask what is answered, the pods may do nothing that they need not.

use serde_json::Value;

use super::{IMAGE_USER, is_credential, path, settings, strings, yaml};

const FOLDER: &str = "deploy/kubernetes";

fn manifest(name: &str) -> Value {
    yaml(&format!("{FOLDER}/{name}"))
}

#[test]
fn the_manifests_are_all_named_and_fit_each_other() {
    let whole = manifest("kustomization.yaml");
    for name in strings(&whole["resources"]) {
        assert!(manifest(name)["kind"].is_string(), "{name}");
    }
    let deployment = manifest("deployment.yaml");
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    assert!(labels.as_object().is_some_and(|labels| !labels.is_empty()));
    for selector in [
        &deployment["spec"]["selector"]["matchLabels"],
        &manifest("service.yaml")["spec"]["selector"],
        &manifest("networkpolicy.yaml")["spec"]["podSelector"]["matchLabels"],
        &manifest("poddisruptionbudget.yaml")["spec"]["selector"]["matchLabels"],
    ] {
        assert_eq!(selector, labels);
    }
    let replicas = deployment["spec"]["replicas"].as_u64().unwrap();
    let kept = manifest("poddisruptionbudget.yaml")["spec"]["minAvailable"]
        .as_u64()
        .unwrap();
    assert!(
        replicas > kept && kept > 0,
        "else a node could never be drained, or all could go at once"
    );
}

#[test]
fn the_pods_may_do_nothing_that_they_need_not() {
    let pod = &manifest("deployment.yaml")["spec"]["template"]["spec"];
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(pod["enableServiceLinks"], false);
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["securityContext"]["runAsUser"], IMAGE_USER);
    assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    let container = &pod["containers"][0]["securityContext"];
    assert_eq!(container["allowPrivilegeEscalation"], false);
    assert_eq!(container["readOnlyRootFilesystem"], true);
    assert_eq!(strings(&container["capabilities"]["drop"]), ["ALL"]);
    let grace = pod["terminationGracePeriodSeconds"].as_u64().unwrap();
    assert!(grace > 20, "shutdown_grace has to fit in");
}

#[test]
fn configuration_and_secrets_are_where_the_program_looks() {
    let pod = &manifest("deployment.yaml")["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let mounts = container["volumeMounts"].as_array().unwrap();
    let mount = |name: &str| {
        let found = mounts.iter().find(|mount| mount["name"] == name);
        found.map_or(Value::Null, |mount| mount["mountPath"].clone())
    };
    assert_eq!(mount("config"), "/etc/sverka");
    assert_eq!(mount("data"), "/var/lib/sverka");
    let env = container["env"].as_array().unwrap();
    assert_eq!(env.len(), 1);
    assert_eq!(env[0]["name"], "CREDENTIALS_DIRECTORY");
    assert_eq!(env[0]["value"], mount("secrets"));
    let secret = manifest("secret.example.yaml");
    assert_eq!(secret["metadata"]["name"], pod["volumes"][1]["secret"]["secretName"]);
    for name in secret["stringData"].as_object().unwrap().keys() {
        assert!(is_credential(name), "{name}");
    }
    let generated = &manifest("kustomization.yaml")["configMapGenerator"][0];
    assert_eq!(generated["name"], pod["volumes"][0]["configMap"]["name"]);
    assert_eq!(strings(&generated["files"]), ["sverka.toml"]);
}

#[test]
fn the_probes_ask_the_port_that_is_listened_to() {
    let container = &manifest("deployment.yaml")["spec"]["template"]["spec"]["containers"][0];
    let listen = settings(&path(FOLDER).join("sverka.toml"), &[("SVERKA__HTTP__TOKEN", "t")])
        .http
        .listen;
    let (_, port) = listen.rsplit_once(':').unwrap();
    let port: u64 = port.parse().unwrap();
    assert_eq!(container["ports"][0]["containerPort"], port);
    let name = &container["ports"][0]["name"];
    for (probe, asked) in [
        ("startupProbe", "/healthz"),
        ("livenessProbe", "/healthz"),
        ("readinessProbe", "/readyz?exclude=freshness"),
    ] {
        assert_eq!(container[probe]["httpGet"]["path"], asked);
        assert_eq!(&container[probe]["httpGet"]["port"], name);
    }
    let service = &manifest("service.yaml")["spec"]["ports"][0];
    assert_eq!(&service["targetPort"], name);
    assert_eq!(
        manifest("networkpolicy.yaml")["spec"]["ingress"][0]["ports"][0]["port"],
        port
    );
}

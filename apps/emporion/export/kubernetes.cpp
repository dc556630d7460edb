#include <algorithm>

#include "apps/emporion/export/exported_files.hpp"
#include "apps/emporion/export/kubernetes_patterns.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

using Values = std::map<std::string, std::string>;

constexpr int replicas_min_in_production = 2;
constexpr int scale_max = 4;  ///< Times the fewest.

/// A place in the container, and the secret or folder that is there.
struct Volume {
  std::string name;
  std::string path;
  std::string source;  ///< Lines of YAML, each indented as deep as `name`.
};

std::vector<Volume> volumes_of(const PlannedProcess& process, bool has_others) {
  const auto secret = [](std::string_view name) { return text("secret:\n            secretName: ", name, "\n            defaultMode: 288  # 0440"); };
  std::vector<Volume> out{{"placement", std::string(container::placement_folder), "configMap:\n            name: emporion-placement"}};
  if (has_others) out.push_back({"pki", std::string(container::pki_folder), secret(process.name + "-pki")});
  if (process.needs_identity_key) out.push_back({"keys", "/etc/emporion/keys", secret("identity-key")});
  out.push_back({"home", std::string(container::home), "emptyDir: {}"});
  out.push_back({"tmp", "/tmp", "emptyDir: {}"});
  return out;
}

std::string mounts_text(const std::vector<Volume>& volumes) {
  std::string out;
  for (const auto& volume : volumes) {
    out += text("            - name: ", volume.name, "\n              mountPath: ", volume.path, "\n");
    if (!volume.source.starts_with("emptyDir")) out += "              readOnly: true\n";
  }
  return out;
}

std::string volumes_text(const std::vector<Volume>& volumes) {
  std::string out;
  for (const auto& volume : volumes) out += text("        - name: ", volume.name, "\n          ", volume.source, "\n");
  return out;
}

std::string ports_text(const PlannedProcess& process, bool has_others) {
  const auto port = [](std::string_view name, int number) { return text("            - name: ", name, "\n              containerPort: ", number, "\n"); };
  std::string out;
  if (has_others) out += port("listen", container::listen_port);
  out += port("metrics", process.metrics_port);
  if (process.is_public) out += port("http", container::http_port);
  return out;
}

std::string tcp_ports_text(const std::set<int>& ports) {
  std::string out = "      ports:\n";
  for (const int port : ports) out += text("        - port: ", port, "\n");
  return out;
}

/// A peer of a rule: the pods of these processes.
std::string pods_text(const std::set<std::string>& processes) {
  std::string out = "        - podSelector:\n            matchLabels:\n              app.kubernetes.io/name: emporion\n            matchExpressions:\n";
  out += "              - key: app.kubernetes.io/component\n                operator: In\n                values:\n";
  for (const auto& process : processes) out += text("                  - ", process, "\n");
  return out;
}

std::string policy_of(const PlannedProcess& process) {
  std::string ingress;
  if (!process.reached_by.empty()) ingress += text("    - from:\n", pods_text(process.reached_by), "      ports:\n        - port: listen\n");
  if (process.is_public) ingress += "    - ports:\n        - port: http\n";
  std::string egress;
  if (!process.reaches.empty()) egress += text("    - to:\n", pods_text(process.reaches), tcp_ports_text({container::listen_port}));
  if (!process.outside_ports.empty()) {
    egress +=
        text("    # Providers of payments, carriers, mail: whoever is not in a private network.\n    - to:\n        - ipBlock:\n            cidr: 0.0.0.0/0\n",
             "            except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16]\n", tcp_ports_text(process.outside_ports));
  }
  if (process.tells_broker) {
    egress += text("    # RabbitMQ, wherever it is.\n    - to:\n        - ipBlock:\n            cidr: 0.0.0.0/0\n", tcp_ports_text({5671, 5672}));
  }
  return filled(kubernetes::policy, {{"process", process.name}, {"ingress", ingress}, {"egress", egress}});
}

std::string manifests_of(const PlannedProcess& process, bool has_others) {
  const auto volumes = volumes_of(process, has_others);
  const Values values{{"process", process.name},
                      {"replicas", std::to_string(process.replicas)},
                      {"user", std::to_string(container::user)},
                      {"placement", std::string(container::placement_folder)},
                      {"bind", has_others ? ", --bind, 0.0.0.0" : ""},
                      {"listen_port", std::to_string(container::listen_port)},
                      {"mounts", mounts_text(volumes)},
                      {"volumes", volumes_text(volumes)},
                      {"ports", ports_text(process, has_others)}};
  std::string out = filled(kubernetes::workload, values);
  if (has_others) out += filled(kubernetes::headless_service, values);
  if (process.is_public) out += filled(kubernetes::public_service, values);
  return out + policy_of(process);
}

std::string kustomization(std::string_view rest) { return text("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n", rest); }

std::string base_kustomization(const DeploymentPlan& plan) {
  std::string out = "resources:\n  - common.yaml\n";
  for (const auto& process : plan.processes) out += text("  - process-", process.name, ".yaml\n");
  return kustomization(
      text(out, "configMapGenerator:\n  # Another placement is another name, so that whoever reads it starts again.\n  - name: emporion-placement\n",
           "    files: [placement.yaml]\n"));
}

constexpr std::string_view image = "images:\n  - name: emporion\n    newTag: \"" EMPORION_VERSION "\"\n";

std::string demo_kustomization() {
  return kustomization(text("namespace: emporion\nresources:\n  - ../../base\n  - namespace.yaml\n  - postgres.yaml\n  - database-policy.yaml\n",
                            "configMapGenerator:\n  - name: make-databases\n    files: [make-databases.sh]\n", image));
}

std::string production_kustomization() {
  return kustomization(text("namespace: emporion\nresources:\n  - ../../base\n  - namespace.yaml\n  - autoscaling.yaml\n  - database-policy.yaml\n", image,
                            "patches:\n  # How many there are is for autoscaling.yaml to say.\n  - target:\n      kind: Deployment\n      labelSelector: "
                            "app.kubernetes.io/name=emporion\n    patch: |-\n      - op: remove\n        path: /spec/replicas\n"));
}

std::string autoscaling(const DeploymentPlan& plan) {
  std::string out;
  for (const auto& process : plan.processes) {
    const int min = std::max(replicas_min_in_production, process.replicas);
    out += filled(kubernetes::autoscaler, {{"process", process.name}, {"min", std::to_string(min)}, {"max", std::to_string(scale_max * min)}});
  }
  return out.substr(std::string_view("---\n").size());
}

std::string postgres(const DeploymentPlan& plan) {
  std::vector<Volume> volumes;
  const auto add = [&](const std::string& process) {
    volumes.push_back({"password-of-" + process, "/secrets/" + process,
                       text("secret:\n            secretName: ", process, "-database\n            defaultMode: 288  # 0440")});
  };
  add("postgres");
  for (const auto& process : plan.processes) add(process.name);
  return filled(kubernetes::postgres, {{"mounts", mounts_text(volumes)}, {"volumes", volumes_text(volumes)}});
}

std::string production_database_policy(const DeploymentPlan& plan) {
  std::set<int> ports;
  for (const auto& database : plan.databases) ports.insert(database.port);
  return text("# Wherever the servers are. Name their addresses here, if they have lasting ones.\n",
              filled(kubernetes::database_policy, {{"egress", "    -" + tcp_ports_text(ports).substr(5)}}));
}

std::string secrets_kustomization(const DeploymentPlan& plan) {
  std::string out = "namespace: emporion\ngeneratorOptions:\n  disableNameSuffixHash: true\nsecretGenerator:\n";
  const auto password = [&](std::string_view name) { out += text("  - name: ", name, "-database\n    files: [password=database/", name, "]\n"); };
  password("postgres");
  for (const auto& process : plan.processes) {
    password(process.name);
    if (plan.has_others()) {
      out += text("  - name: ", process.name, "-pki\n    files:\n      - pki/ca.pem\n      - pki/", process.name, ".pem\n      - pki/", process.name, ".key\n");
    }
  }
  return kustomization(text(out, "  - name: identity-key\n    files: [identity.key]\n"));
}

}  // namespace

ExportedFiles kubernetes_files(const DeploymentPlan& plan) {
  ExportedFiles out;
  out["base/kustomization.yaml"] = base_kustomization(plan);
  out["base/common.yaml"] = kubernetes::common;
  out["base/placement.yaml"] = plan.placement;
  for (const auto& process : plan.processes) out[text("base/process-", process.name, ".yaml")] = manifests_of(process, plan.has_others());
  out["overlays/demo/kustomization.yaml"] = demo_kustomization();
  out["overlays/demo/namespace.yaml"] = kubernetes::namespace_file;
  out["overlays/demo/postgres.yaml"] = postgres(plan);
  out["overlays/demo/database-policy.yaml"] =
      filled(kubernetes::database_policy,
             {{"egress",
               text("    - to:\n        - podSelector:\n            matchLabels:\n              app.kubernetes.io/name: postgres\n", tcp_ports_text({5432}))}});
  out["overlays/production/kustomization.yaml"] = production_kustomization();
  out["overlays/production/namespace.yaml"] = kubernetes::namespace_file;
  out["overlays/production/autoscaling.yaml"] = autoscaling(plan);
  out["overlays/production/database-policy.yaml"] = production_database_policy(plan);
  out["secrets/kustomization.yaml"] = secrets_kustomization(plan);
  for (auto& [name, content] : out) content = export_head(plan) + content;
  out["overlays/demo/make-databases.sh"] = database_script(plan, "$(cat \"/secrets/$1/password\")");
  return out;
}

}  // namespace emporion::app

#include "apps/emporion/export/exported_files.hpp"
#include "kernel/base/text.hpp"

namespace emporion::app {
namespace {

constexpr std::string_view pattern = R"(# It asks for EMPORION_DATABASE_PASSWORD, @asks@in the environment or in .env beside this file.
# Which process reaches which is held by certificates here, not by the network.
x-emporion: &emporion
  image: emporion:@version@
  # Whoever owns the files in pki and keys: EMPORION_USER=$(id -u):$(id -g)
  user: "${EMPORION_USER:-@user@:@user@}"
  restart: unless-stopped
  read_only: true
  tmpfs: ["/tmp:mode=1777", "@home@:mode=1777"]
  cap_drop: [ALL]
  security_opt: ["no-new-privileges:true"]
  stop_grace_period: 30s
  environment: &environment
    PGPASSWORD: ${EMPORION_DATABASE_PASSWORD:?of all the shop's database roles}

services:
  postgres:
    image: postgres:15-bookworm
    # Every process keeps a few connections for each of its modules.
    command: [-c, max_connections=500]
    restart: unless-stopped
    environment:
      POSTGRES_PASSWORD: ${EMPORION_DATABASE_PASSWORD:?of all the shop's database roles}
    volumes:
      - postgres:/var/lib/postgresql/data
      - ./make-databases.sh:/docker-entrypoint-initdb.d/make-databases.sh:ro
    networks: [database]
    healthcheck:
      # Over TCP: while the databases are made it answers at its socket only.
      test: [CMD, pg_isready, -h, 127.0.0.1, -U, postgres]
      interval: 2s
      timeout: 3s
      retries: 30

  migrate:
    <<: *emporion
    command: [migrate, --placement, @placement@/placement.yaml]
    restart: "no"
    volumes:
      - ./placement.yaml:@placement@/placement.yaml:ro
    networks: [database]
    depends_on:
      postgres:
        condition: service_healthy
@services@
networks:
  # Without a way out.
  database:
    internal: true
  inside:
    internal: true
  # With one: for the public's entrance, and for calls to providers.
  outside: {}

volumes:
  postgres: {}
)";

constexpr std::string_view service = R"(
  @process@:
    <<: *emporion
    command: [serve, --placement, @placement@/placement.yaml, --process, @process@@bind@]
@replicas@@ports@    volumes:
      - ./placement.yaml:@placement@/placement.yaml:ro
@mounts@    networks: [@networks@]
    healthcheck:
      test:
        - CMD
        - bash
        - -c
        - >-
          exec 3<>/dev/tcp/127.0.0.1/@metrics_port@
          && printf 'GET /health/ready HTTP/1.1\r\nHost: health\r\nConnection: close\r\n\r\n' >&3
          && head -1 <&3 | grep -q ' 200 '
      interval: 5s
      timeout: 3s
      retries: 3
      start_period: 60s
    depends_on:
      migrate:
        condition: service_completed_successfully
)";

std::string service_of(const PlannedProcess& process, bool has_others) {
  std::string mounts;
  if (has_others) {
    for (const auto& file : {std::string("ca.pem"), process.name + ".pem", process.name + ".key"}) {
      mounts += text("      - ./pki/", file, ":", container::pki_folder, "/", file, ":ro\n");
    }
  }
  if (process.needs_identity_key) mounts += text("      - ./keys/identity.key:", container::identity_key, ":ro\n");
  std::string networks = "database";
  if (has_others) networks += ", inside";
  if (process.is_public || process.tells_broker || !process.outside_ports.empty()) networks += ", outside";
  return filled(service, {{"process", process.name},
                          {"placement", std::string(container::placement_folder)},
                          {"bind", has_others ? ", --bind, 0.0.0.0" : ""},
                          {"replicas", process.replicas > 1 ? text("    deploy:\n      replicas: ", process.replicas, "\n") : ""},
                          {"ports", process.is_public ? text("    ports: [\"${EMPORION_HTTP:-127.0.0.1:8080}:", container::http_port, "\"]\n") : ""},
                          {"metrics_port", std::to_string(process.metrics_port)},
                          {"mounts", mounts},
                          {"networks", networks}});
}

}  // namespace

ExportedFiles compose_files(const DeploymentPlan& plan) {
  std::string services;
  for (const auto& process : plan.processes) services += service_of(process, plan.has_others());
  ExportedFiles out;
  out["compose.yaml"] =
      export_head(plan) + filled(pattern, {{"services", services},
                                           {"asks", plan.has_others() ? "for certificates in ./pki, and for ./keys/identity.key; the password is "
                                                                      : "and for ./keys/identity.key; the password is "},
                                           {"version", EMPORION_VERSION},
                                           {"user", std::to_string(container::user)},
                                           {"home", std::string(container::home)},
                                           {"placement", std::string(container::placement_folder)}});
  out["placement.yaml"] = export_head(plan) + plan.placement;
  out["make-databases.sh"] = database_script(plan, "$POSTGRES_PASSWORD");
  return out;
}

}  // namespace emporion::app

#pragma once

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"
#include "kernel/testing/temporary_folder.hpp"

// A real RabbitMQ, and a system that is not ours and listens to it.
// tidy-allow-file(third_party_include): seen by the tests of this folder only.
namespace emporion::bridge {

/// Debian's rabbitmq-server on 127.0.0.1, with ports, a name and a folder of its own, which is no system's service. Takes four seconds to start.
class Broker {
 public:
  /// With queues that were there before it was started: RabbitMQ 3.10 keeps the names of new quorum queues in memory for up to three minutes, and a node that
  /// is killed before that has lost them (dets, names.dets). `declare` makes them at the port.
  explicit Broker(const std::function<void(int port)>& declare) {
    const auto ports = free_ports();
    port_ = ports[0];
    dist_port_ = ports[1];
    epmd_port_ = ports[2];
    tls_port_ = ports[3];
    for (const char* name : {"mnesia", "log", "home"}) std::filesystem::create_directories(temporary_.path() / name);
    std::ofstream(temporary_.path() / "plugins") << "[].\n";
    const std::string folder = temporary_.path().string();
    for (const char* name : {"broker", "stranger"}) {  // Each vouches for itself, as a host called localhost.
      const std::string file = text(folder, "/", name);
      run_to_end({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                  "-addext", "subjectAltName=DNS:localhost", "-keyout", file + ".key", "-out", file + ".pem"});
    }
    std::ofstream(temporary_.path() / "rabbitmq.conf")
        << "listeners.ssl.default = " << tls_port_ << "\nssl_options.cacertfile = " << folder << "/broker.pem\nssl_options.certfile = " << folder
        << "/broker.pem\nssl_options.keyfile = " << folder << "/broker.key\nssl_options.verify = verify_none\n";
    // Else the broker starts one that outlives it.
    names_ = spawn({"/usr/bin/epmd", "-address", "127.0.0.1", "-port", std::to_string(epmd_port_)}, environment(), "/dev/null");
    start();
    declare(port_);
    end(process_, SIGTERM);
    start();
  }
  ~Broker() {
    kill();
    end(names_, SIGKILL);
  }
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  std::string url() const { return text("amqp://guest:guest@127.0.0.1:", port_, "/%2f"); }
  std::string tls_url() const { return text("amqps://guest:guest@localhost:", tls_port_, "/%2f"); }
  /// Of the broker itself, and of somebody else.
  std::string authority() const { return (temporary_.path() / "broker.pem").string(); }
  std::string strange_authority() const { return (temporary_.path() / "stranger.pem").string(); }
  int port() const noexcept { return port_; }

  /// Once more on what the last one left on the disk.
  void start() {
    EMP_ASSERT(process_ == 0);
    process_ = spawn({std::string(server)}, environment(), (temporary_.path() / "out").string());
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!listens()) {
      EMP_ASSERT(std::chrono::steady_clock::now() < end);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));  // tidy-allow(test_sleeps): a program of somebody else's starts
    }
  }

  void start_if_dead() {
    if (process_ == 0) start();
  }

  /// As a machine dies: nothing is flushed, nobody is told.
  void kill() { end(process_, SIGKILL); }

 private:
  static void end(pid_t& process, int signal) {
    if (process == 0) return;
    ::kill(-process, signal);  // The session that it leads.
    int status = 0;
    ::waitpid(process, &status, 0);
    process = 0;
  }

  static constexpr std::string_view server = "/usr/lib/rabbitmq/lib/rabbitmq_server-3.10.8/sbin/rabbitmq-server";

  static std::array<int, 4> free_ports() {
    std::array<int, 4> out{};
    std::array<int, 4> sockets{};
    for (std::size_t i = 0; i < out.size(); ++i) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      socklen_t size = sizeof address;
      sockets[i] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      EMP_ASSERT(::bind(sockets[i], reinterpret_cast<sockaddr*>(&address), size) == 0);
      EMP_ASSERT(::getsockname(sockets[i], reinterpret_cast<sockaddr*>(&address), &size) == 0);
      out[i] = ntohs(address.sin_port);
    }
    for (const int socket : sockets) ::close(socket);
    return out;
  }

  std::vector<std::string> environment() const {
    const std::string folder = temporary_.path().string();
    return {"PATH=/usr/bin:/bin",
            "LANG=C.UTF-8",
            text("HOME=", folder, "/home"),
            text("RABBITMQ_NODENAME=emporion", port_, "@localhost"),
            text("RABBITMQ_NODE_PORT=", port_),
            "RABBITMQ_NODE_IP_ADDRESS=127.0.0.1",
            text("RABBITMQ_DIST_PORT=", dist_port_),
            text("ERL_EPMD_PORT=", epmd_port_),
            "ERL_EPMD_ADDRESS=127.0.0.1",
            text("RABBITMQ_MNESIA_BASE=", folder, "/mnesia"),
            text("RABBITMQ_LOG_BASE=", folder, "/log"),
            text("RABBITMQ_PID_FILE=", folder, "/pid"),
            text("RABBITMQ_ENABLED_PLUGINS_FILE=", folder, "/plugins"),
            text("RABBITMQ_CONFIG_FILE=", folder, "/rabbitmq"),
            text("RABBITMQ_CONF_ENV_FILE=", folder, "/none"),
            "RABBITMQ_LOGS=-",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 1:1 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}"};
  }

  static pid_t spawn(std::vector<std::string> words, std::vector<std::string> environment, const std::string& output) {
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::vector<char*> variables;
    for (auto& variable : environment) variables.push_back(variable.data());
    variables.push_back(nullptr);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    pid_t out = 0;
    const int status = posix_spawn(&out, words.front().c_str(), &actions, &attributes, arguments.data(), variables.data());
    EMP_ASSERT(status == 0);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return out;
  }

  static void run_to_end(std::vector<std::string> words) {
    int status = 0;
    ::waitpid(spawn(std::move(words), {"PATH=/usr/bin:/bin"}, "/dev/null"), &status, 0);
  }

  /// Whether it greets: the port is open before the virtual host is.
  bool listens() const;

  testing::TemporaryFolder temporary_{"broker"};
  int port_ = 0;
  int dist_port_ = 0;
  int epmd_port_ = 0;
  int tls_port_ = 0;
  pid_t process_ = 0;
  pid_t names_ = 0;  ///< epmd, by which Erlang's nodes find each other.
};

/// Takes messages of a queue, one by one, over a connection of its own.
class ForeignSystem {
 public:
  struct Received {
    std::string topic;  ///< The routing key.
    std::string content_type;
    std::string id;
    std::string body;
  };

  /// Nothing if it cannot come in.
  static std::unique_ptr<ForeignSystem> enter(int port) {
    auto out = std::unique_ptr<ForeignSystem>(new ForeignSystem());
    amqp_socket_t* const socket = amqp_tcp_socket_new(out->state_);
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    if (amqp_socket_open_noblock(socket, "127.0.0.1", port, &patience) != AMQP_STATUS_OK) return nullptr;
    amqp_set_handshake_timeout(out->state_, &patience);
    amqp_set_rpc_timeout(out->state_, &patience);
    if (amqp_login(out->state_, "/", 0, 131'072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest").reply_type != AMQP_RESPONSE_NORMAL) return nullptr;
    amqp_channel_open(out->state_, 1);
    if (amqp_get_rpc_reply(out->state_).reply_type != AMQP_RESPONSE_NORMAL) return nullptr;
    return out;
  }
  ~ForeignSystem() { amqp_destroy_connection(state_); }
  ForeignSystem(const ForeignSystem&) = delete;
  ForeignSystem& operator=(const ForeignSystem&) = delete;

  /// The next message, which the queue then has no longer; nothing if there is none.
  std::optional<Received> take(const std::string& queue) {
    const auto reply = amqp_basic_get(state_, 1, amqp_cstring_bytes(queue.c_str()), 0);
    is_inside_ = reply.reply_type == AMQP_RESPONSE_NORMAL;
    if (!is_inside_ || reply.reply.id != AMQP_BASIC_GET_OK_METHOD) return std::nullopt;
    const auto* const found = static_cast<amqp_basic_get_ok_t*>(reply.reply.decoded);
    Received out{.topic = text_of(found->routing_key)};
    const auto tag = found->delivery_tag;
    amqp_message_t message;
    EMP_ASSERT(amqp_read_message(state_, 1, &message, 0).reply_type == AMQP_RESPONSE_NORMAL);
    out.content_type = text_of(message.properties.content_type);
    out.id = text_of(message.properties.message_id);
    out.body = text_of(message.body);
    amqp_destroy_message(&message);
    EMP_ASSERT(amqp_basic_ack(state_, 1, tag, 0) == AMQP_STATUS_OK);
    amqp_maybe_release_buffers(state_);
    return out;
  }

  /// Makes a quorum queue.
  void declare(const std::string& queue) {
    amqp_table_entry_t kind{.key = amqp_cstring_bytes("x-queue-type"),
                            .value = {.kind = AMQP_FIELD_KIND_UTF8, .value = {.bytes = amqp_cstring_bytes("quorum")}}};
    amqp_queue_declare(state_, 1, amqp_cstring_bytes(queue.c_str()), 0, 1, 0, 0, {.num_entries = 1, .entries = &kind});
    EMP_ASSERT(amqp_get_rpc_reply(state_).reply_type == AMQP_RESPONSE_NORMAL);
  }

  /// False once the broker is gone, or was asked for a queue that is not there: that closes the channel.
  bool is_inside() const noexcept { return is_inside_; }

  /// Unbinds a topic, as an operator's mistake would.
  void unbind(const std::string& queue, const std::string& exchange, const std::string& topic) {
    amqp_queue_unbind(state_, 1, amqp_cstring_bytes(queue.c_str()), amqp_cstring_bytes(exchange.c_str()), amqp_cstring_bytes(topic.c_str()), amqp_empty_table);
    EMP_ASSERT(amqp_get_rpc_reply(state_).reply_type == AMQP_RESPONSE_NORMAL);
  }

 private:
  ForeignSystem() = default;
  static std::string text_of(amqp_bytes_t value) { return {static_cast<const char*>(value.bytes), value.len}; }
  amqp_connection_state_t state_ = amqp_new_connection();
  bool is_inside_ = true;
};

inline bool Broker::listens() const { return ForeignSystem::enter(port_) != nullptr; }

}  // namespace emporion::bridge

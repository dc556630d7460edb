#include "kernel/amqp/connection.hpp"

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <map>
#include <optional>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"

namespace emporion::amqp {
namespace {

constexpr amqp_channel_t channel = 1;
constexpr int frame_bytes_max = 131'072;
constexpr const char* system_authorities = "/etc/ssl/certs/ca-certificates.crt";

amqp_bytes_t bytes(const std::string& value) { return {value.size(), const_cast<char*>(value.data())}; }
std::string text_of(amqp_bytes_t value) { return {static_cast<const char*>(value.bytes), value.len}; }

timeval timeval_of(microseconds span) {
  const auto count = std::max<std::int64_t>(span.count(), 0);
  return {.tv_sec = count / 1'000'000, .tv_usec = count % 1'000'000};
}

/// Why a call did not go well, for people.
std::string reason_of(const amqp_rpc_reply_t& reply) {
  if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) return amqp_error_string2(reply.library_error);
  if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION) return "no answer";
  if (reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD) return text_of(static_cast<amqp_connection_close_t*>(reply.reply.decoded)->reply_text);
  if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) return text_of(static_cast<amqp_channel_close_t*>(reply.reply.decoded)->reply_text);
  return "an answer of another kind";
}

std::unexpected<Error> unreachable(const amqp_connection_info& place, std::string_view why) {
  return fail(ErrorKind::unavailable, "BROKER_UNREACHABLE", text(place.host, ":", place.port, ": ", why));
}
std::unexpected<Error> lost(std::string_view why) {
  return fail(ErrorKind::unavailable, "BROKER_LOST", text("what became of the messages under way is not known: ", why));
}

/// A peer that is silent is noticed although nothing is sent to it.
void keep_alive(int socket) {
  const int on = 1;
  const int idle_s = 10;
  const int tries = 3;
  (void)::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  (void)::setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
  (void)::setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &idle_s, sizeof idle_s);
  (void)::setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof tries);
}

}  // namespace

struct Connection::Impl {
  amqp_connection_state_t state = amqp_new_connection();
  PublisherOptions options;
  std::uint64_t published = 0;  ///< The broker counts along, from 1.

  explicit Impl(PublisherOptions given) : options(std::move(given)) { EMP_ASSERT(state != nullptr); }
  ~Impl() { amqp_destroy_connection(state); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  bool is_fine(std::string& why) const {
    const auto reply = amqp_get_rpc_reply(state);
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) return true;
    why = reason_of(reply);
    return false;
  }

  Result<> open() {
    std::string url = options.url;  // The reader writes into it.
    amqp_connection_info place;
    EMP_ASSERT(amqp_parse_url(url.data(), &place) == AMQP_STATUS_OK);
    amqp_socket_t* const socket = place.ssl != 0 ? amqp_ssl_socket_new(state) : amqp_tcp_socket_new(state);
    EMP_ASSERT(socket != nullptr);
    if (place.ssl != 0) {
      const std::string authority = options.authority_file.empty() ? system_authorities : options.authority_file;
      if (amqp_ssl_socket_set_cacert(socket, authority.c_str()) != AMQP_STATUS_OK) return unreachable(place, text("no certificates in ", authority));
      amqp_ssl_socket_set_verify_peer(socket, 1);
      amqp_ssl_socket_set_verify_hostname(socket, 1);
      amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
    }
    const timeval patience = timeval_of(options.patience);
    if (const int status = amqp_socket_open_noblock(socket, place.host, place.port, &patience); status != AMQP_STATUS_OK)
      return unreachable(place, amqp_error_string2(status));
    keep_alive(amqp_get_sockfd(state));
    amqp_set_handshake_timeout(state, &patience);
    amqp_set_rpc_timeout(state, &patience);
    const auto entered = amqp_login(state, place.vhost, AMQP_DEFAULT_MAX_CHANNELS, frame_bytes_max, 0, AMQP_SASL_METHOD_PLAIN, place.user, place.password);
    if (entered.reply_type != AMQP_RESPONSE_NORMAL) return unreachable(place, reason_of(entered));
    std::string why;
    if (!make_topology(why)) return unreachable(place, why);
    return {};
  }

  bool make_topology(std::string& why) {
    amqp_channel_open(state, channel);
    if (!is_fine(why)) return false;
    amqp_exchange_declare(state, channel, bytes(options.exchange), amqp_cstring_bytes("topic"), 0, 1, 0, 0, amqp_empty_table);
    if (!is_fine(why)) return false;
    amqp_table_entry_t kind{.key = amqp_cstring_bytes("x-queue-type"),
                            .value = {.kind = AMQP_FIELD_KIND_UTF8, .value = {.bytes = amqp_cstring_bytes("quorum")}}};
    const amqp_table_t arguments{.num_entries = 1, .entries = &kind};
    amqp_queue_declare(state, channel, bytes(options.queue), 0, 1, 0, 0, arguments);
    if (!is_fine(why)) return false;
    for (const auto& topic : options.topics) {
      amqp_queue_bind(state, channel, bytes(options.queue), bytes(options.exchange), bytes(topic), amqp_empty_table);
      if (!is_fine(why)) return false;
    }
    amqp_confirm_select(state, channel);
    return is_fine(why);
  }

  Result<> send(const Message& message) {
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG;
    properties.content_type = bytes(message.content_type);
    properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
    properties.message_id = bytes(message.id);
    constexpr amqp_boolean_t mandatory = 1;
    const int status = amqp_basic_publish(state, channel, bytes(options.exchange), bytes(message.topic), mandatory, 0, &properties, bytes(message.body));
    if (status != AMQP_STATUS_OK) return lost(amqp_error_string2(status));
    ++published;
    return {};
  }

  /// Hears until every message of the batch, whose first was number `first`, is confirmed or refused.
  Result<std::vector<Fate>> hear(const std::vector<Message>& batch, std::uint64_t first) {
    std::vector<std::optional<Fate>> answers(batch.size());
    std::map<std::string, Fate, std::less<>> returned;  // By id. The broker says so before it confirms.
    std::size_t open = batch.size();
    const SystemClock clock;
    const UtcTime end = clock.now() + options.patience;
    const auto settle = [&](std::uint64_t tag, bool multiple, Fate fate) {
      for (std::uint64_t number = multiple ? first : tag; number <= tag; ++number) {
        if (number < first || number - first >= answers.size() || answers[number - first]) continue;
        answers[number - first] = fate;
        --open;
      }
    };
    while (open > 0) {
      const timeval rest = timeval_of(end - clock.now());
      amqp_frame_t frame;
      amqp_maybe_release_buffers(state);
      const int status = amqp_simple_wait_frame_noblock(state, &frame, &rest);
      if (status != AMQP_STATUS_OK) return lost(amqp_error_string2(status));
      if (frame.frame_type == AMQP_FRAME_HEADER) {  // Of a message that came back.
        const auto* const properties = static_cast<amqp_basic_properties_t*>(frame.payload.properties.decoded);
        returned.emplace(text_of(properties->message_id), Fate::unroutable);
      }
      if (frame.frame_type != AMQP_FRAME_METHOD) continue;
      if (frame.payload.method.id == AMQP_BASIC_ACK_METHOD) {
        const auto* const ack = static_cast<amqp_basic_ack_t*>(frame.payload.method.decoded);
        settle(ack->delivery_tag, ack->multiple != 0, Fate::stored);
      } else if (frame.payload.method.id == AMQP_BASIC_NACK_METHOD) {
        const auto* const nack = static_cast<amqp_basic_nack_t*>(frame.payload.method.decoded);
        settle(nack->delivery_tag, nack->multiple != 0, Fate::refused);
      } else if (frame.payload.method.id != AMQP_BASIC_RETURN_METHOD) {
        return lost("the broker closed the channel");
      }
    }
    std::vector<Fate> out;
    for (std::size_t i = 0; i < batch.size(); ++i) out.push_back(returned.contains(batch[i].id) ? Fate::unroutable : *answers[i]);
    return out;
  }
};

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Connection> Connection::open(const PublisherOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  EMP_TRY(impl->open());
  return Connection(std::move(impl));
}

Result<std::vector<Fate>> Connection::publish(const std::vector<Message>& batch) {
  const std::uint64_t first = impl_->published + 1;
  for (const auto& message : batch) EMP_TRY(impl_->send(message));
  return impl_->hear(batch, first);
}

Result<> check_url(const std::string& url) {
  std::string copy = url;
  amqp_connection_info place;
  if (amqp_parse_url(copy.data(), &place) == AMQP_STATUS_OK) return {};
  return fail(ErrorKind::invalid_argument, "AMQP_URL_MALFORMED", "a broker is named as amqp://USER:PASSWORD@HOST:PORT/VHOST, or amqps:// for TLS");
}

}  // namespace emporion::amqp

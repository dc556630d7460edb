#include "kernel/http/plain_connection.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <chrono>
#include <optional>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/http/input_buffer.hpp"

namespace emporion::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using BeastError = beast::http::error;
using Steady = std::chrono::steady_clock;

constexpr std::size_t answer_bytes_max = 64 * 1024 * 1024;
constexpr std::uint32_t head_bytes_max = 64 * 1024;

std::string_view view(beast::string_view bytes) noexcept { return {bytes.data(), bytes.size()}; }

/// One answer: Beast reads grammar and framing, this class keeps what it says.
class Answer final : public beast::http::basic_parser<false> {
 public:
  explicit Answer(bool is_of_head) {
    header_limit(head_bytes_max);
    body_limit(answer_bytes_max);
    eager(false);
    skip(is_of_head);
  }
  /// Beast 1.81 asserts that an empty chunked body comes at least five bytes at a time, "0 CR LF CR LF".
  bool awaits_first_chunk() const noexcept { return is_header_done() && chunked() && !has_chunk_; }
  Response response;

 private:
  void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int, error_code&) override {}
  void on_response_impl(int status, beast::string_view, int, error_code&) override {
    response.status = status;
    response.content_type.clear();
  }
  void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value, error_code&) override {
    if (field == beast::http::field::content_type) response.content_type = view(value);
    response.headers.push_back({ascii_lower(view(name)), std::string(view(value))});
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    if (length) response.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, answer_bytes_max)));
  }
  std::size_t on_body_impl(beast::string_view bytes, error_code&) override {
    response.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override { has_chunk_ = true; }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code&) override {
    response.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(error_code&) override {}
  bool has_chunk_ = false;
};

std::string bytes_of(const PlainRequest& request, std::string_view host) {
  const bool sends_body = !request.body.empty() || request.method == Method::post || request.method == Method::put || request.method == Method::patch;
  std::string out;
  out.reserve(256 + request.target.size() + request.body.size());
  out.append(to_string(request.method)).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ").append(host).append("\r\n");
  for (const auto& header : request.headers) {
    EMP_ASSERT(header.name.find_first_of("\r\n:") == std::string::npos && header.value.find_first_of("\r\n") == std::string::npos);
    out.append(header.name).append(": ").append(header.value).append("\r\n");
  }
  if (sends_body) out.append(text("Content-Length: ", request.body.size(), "\r\n"));
  out.append("\r\n").append(request.body);
  return out;
}

/// A repeat is harmless where HTTP says so (RFC 9110 §9.2.2), or where a key makes it so.
bool may_repeat(const PlainRequest& request) {
  if (request.method != Method::post && request.method != Method::patch) return true;
  return std::ranges::any_of(request.headers, [](const Header& header) { return ascii_lower(header.name) == "idempotency-key"; });
}

Error unreachable(std::string_view why) { return Error(ErrorKind::unavailable, "PROVIDER_UNREACHABLE", text("the request was not sent: ", why)); }
Error unknown(std::string_view why) {
  return Error(ErrorKind::deadline_exceeded, "PROVIDER_TIMEOUT", text("whether the request took effect is unknown: ", why));
}

}  // namespace

struct PlainConnection::Impl : std::enable_shared_from_this<PlainConnection::Impl> {
  Impl(Runtime& loop, std::string address, std::uint16_t port, std::string name)
      : runtime(loop), context(*static_cast<asio::io_context*>(loop.native_handle())), socket(context), timer(context), host(std::move(name)) {
    error_code malformed;
    const auto ip = asio::ip::make_address(address, malformed);
    if (!malformed) endpoint.emplace(ip, port);
  }

  struct Heard {
    error_code error;
    std::size_t bytes = 0;
  };
  /// What became of one attempt.
  struct Attempt {
    std::optional<Response> response;
    std::optional<Error> error;
    bool is_sent = false;      ///< At least one byte may have left.
    bool is_answered = false;  ///< At least one byte came back.
  };

  Runtime& runtime;
  asio::io_context& context;
  tcp::socket socket;
  asio::steady_timer timer;
  std::optional<tcp::endpoint> endpoint;
  std::string host;
  InputBuffer input;
  Steady::time_point deadline;
  Steady::time_point armed_for = Steady::time_point::max();
  bool is_busy = false;
  bool is_late = false;
  bool is_cut = false;

  void hang_up() {
    error_code ignored;
    socket.close(ignored);
    input.discard();
  }

  /// Dear to set, so the timer stays where it is while requests come and go, and looks at the deadline only when it fires.
  void arm() {
    if (armed_for <= deadline) return;
    armed_for = deadline;
    timer.expires_at(deadline);
    timer.async_wait([weak = weak_from_this()](const error_code& cancelled) {
      const auto self = weak.lock();
      if (!self || cancelled) return;
      self->armed_for = Steady::time_point::max();
      if (!self->is_busy) return;
      if (self->deadline > Steady::now()) return self->arm();
      self->is_late = true;
      error_code ignored;
      self->socket.close(ignored);
    });
  }

  std::string_view why(const error_code& error) const {
    if (is_cut) return "it was broken off";
    if (is_late) return "no answer in time";
    static thread_local std::string told;
    told = error.message();
    return told;
  }

  Task<error_code> connect() {
    OneShot<error_code> connected;
    input.discard();
    socket.async_connect(*endpoint, [&connected](const error_code& error) { connected.set(error); });
    error_code error = co_await connected;
    if (!error) socket.set_option(tcp::no_delay(true), error);
    if (!error) socket.non_blocking(true, error);
    if (error) hang_up();
    co_return error;
  }

  /// A request nearly always fits the socket's buffer: it is gone without waiting.
  Task<error_code> write(std::string_view bytes) {
    error_code error;
    const std::size_t written = socket.write_some(asio::const_buffer(bytes.data(), bytes.size()), error);
    if (error && error != asio::error::would_block) co_return error;
    if (!error && written == bytes.size()) co_return error;
    bytes.remove_prefix(error ? 0 : written);
    OneShot<error_code> done;
    asio::async_write(socket, asio::const_buffer(bytes.data(), bytes.size()), [&done](const error_code& code, std::size_t) { done.set(code); });
    co_return co_await done;
  }

  Task<Heard> read(InputBuffer::Use use) {
    OneShot<Heard> done;
    const auto room = input.room(use);
    socket.async_read_some(asio::mutable_buffer(room.data(), room.size()), [&done](const error_code& code, std::size_t count) { done.set({code, count}); });
    const Heard heard = co_await done;
    if (!heard.error) input.fill(heard.bytes);
    co_return heard;
  }

  Task<Attempt> attempt(std::string_view bytes, bool is_of_head) {
    Attempt out;
    out.is_sent = true;
    if (const auto error = co_await write(bytes)) {
      out.error = unknown(why(error));
      co_return out;
    }
    Answer answer(is_of_head);
    while (!answer.is_done()) {
      const auto use = answer.is_header_done() ? InputBuffer::Use::body : InputBuffer::Use::idle;
      const Heard heard = co_await read(use);
      error_code error = heard.error;
      if (error == asio::error::eof && out.is_answered && answer.is_header_done() && answer.need_eof()) {
        error = {};
        answer.put_eof(error);  // A body that ends with the connection.
        if (!error) break;
      }
      if (error) {
        out.error = unknown(why(error));
        co_return out;
      }
      out.is_answered = true;
      while (!answer.is_done() && !input.is_empty()) {
        const std::string_view unread = input.unread();
        if (answer.awaits_first_chunk() && unread.size() < 5) break;
        input.consume(answer.put(asio::const_buffer(unread.data(), unread.size()), error));
        if (error == BeastError::need_more) break;
        if (error) {
          out.error = Error(ErrorKind::internal, "MALFORMED_RESPONSE", text("the answer is not HTTP: ", error.message()));
          co_return out;
        }
      }
    }
    if (!answer.keep_alive()) hang_up();
    out.response = std::move(answer.response);
    co_return out;
  }

  Task<Result<Response>> send(PlainRequest request) {
    if (!endpoint) co_return fail(unreachable("no IP address"));
    const std::string bytes = bytes_of(request, host);
    for (bool is_again = false;; is_again = true) {
      const bool is_kept = socket.is_open();
      if (!is_kept) {
        const auto error = co_await connect();
        if (error) co_return fail(is_again ? unknown(why(error)) : unreachable(why(error)));
      }
      auto done = co_await attempt(bytes, request.method == Method::head);
      if (done.response) co_return std::move(*done.response);
      hang_up();
      // The other side may hang up on a kept connection while a request is on its way.
      if (is_kept && !is_again && !done.is_answered && !is_late && !is_cut && may_repeat(request)) continue;
      co_return fail(std::move(*done.error));
    }
  }
};

PlainConnection::PlainConnection(Runtime& runtime, std::string address, std::uint16_t port, std::string host)
    : impl_(std::make_shared<Impl>(runtime, std::move(address), port, std::move(host))) {}

PlainConnection::~PlainConnection() { EMP_ASSERT(!impl_->is_busy); }

Task<Result<Response>> PlainConnection::send(PlainRequest request) {
  auto& impl = *impl_;
  EMP_ASSERT(impl.runtime.on_io_thread() && !impl.is_busy);
  impl.is_busy = true;
  impl.is_late = impl.is_cut = false;
  impl.deadline = Steady::now() + request.timeout;
  impl.arm();
  auto result = co_await impl.send(std::move(request));
  impl.is_busy = false;
  co_return result;
}

void PlainConnection::cut() {
  if (!impl_->is_busy) return;
  impl_->is_cut = true;
  error_code ignored;
  impl_->socket.close(ignored);
}

}  // namespace emporion::http

#include "kernel/http/request_parser.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/http/target.hpp"

namespace emporion::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using BeastError = beast::http::error;

std::string_view view(beast::string_view bytes) noexcept { return {bytes.data(), bytes.size()}; }

std::optional<Method> method_of(beast::http::verb verb) noexcept {
  switch (verb) {
    case beast::http::verb::get: return Method::get;
    case beast::http::verb::head: return Method::head;
    case beast::http::verb::post: return Method::post;
    case beast::http::verb::put: return Method::put;
    case beast::http::verb::patch: return Method::patch;
    case beast::http::verb::delete_: return Method::del;
    case beast::http::verb::options: return Method::options;
    default: return std::nullopt;
  }
}

/// One message: Beast reads the grammar and the framing, this class keeps the request and adds the rules that Beast leaves open.
class Message final : public beast::http::basic_parser<true> {
 public:
  Message(const ParserLimits& limits, const std::function<std::size_t(const Request&)>& ask_body_limit) : limits_(limits), ask_body_limit_(ask_body_limit) {
    header_limit(static_cast<std::uint32_t>(limits.header_bytes_max + limits.target_bytes_max + 64));
    body_limit(boost::none);  // Ours is asked once the head is known.
    eager(false);
  }

  bool awaits_first_chunk() const noexcept { return is_header_done_ && is_chunked_ && !has_chunk_; }

  Request request;
  std::optional<Error> refusal;
  bool expects_continue = false;
  bool is_http_1_0 = false;

 private:
  /// Any code ends Beast's parsing; ours is told by `refusal`.
  void refuse(error_code& code, Error error) {
    refusal = std::move(error);
    code = BeastError::bad_value;
  }
  void refuse_syntax(error_code& code, std::string_view why) { refuse(code, Error(ErrorKind::invalid_argument, "MALFORMED_REQUEST", std::string(why))); }
  void refuse_body(error_code& code) {
    refuse(code, Error(ErrorKind::payload_too_large, "PAYLOAD_TOO_LARGE", "the body is larger than this route takes")
                     .with("max_bytes", static_cast<std::int64_t>(body_max_)));
  }

  void on_request_impl(beast::http::verb verb, beast::string_view method, beast::string_view target, int version, error_code& code) override {
    is_http_1_0 = version == 10;
    if (target.size() > limits_.target_bytes_max)
      return refuse(code, Error(ErrorKind::uri_too_long, "URI_TOO_LONG", text("a target has at most ", limits_.target_bytes_max, " bytes")));
    const auto known = method_of(verb);
    if (!known) return refuse(code, Error(ErrorKind::unimplemented, "METHOD_NOT_IMPLEMENTED", text("unknown method ", view(method).substr(0, 32))));
    request.method = *known;
    request.target = view(target);
  }

  void on_field_impl(beast::http::field field, beast::string_view name, beast::string_view value, error_code& code) override {
    header_bytes_ += name.size() + value.size() + 4;
    if (header_bytes_ > limits_.header_bytes_max) {
      return refuse(code,
                    Error(ErrorKind::headers_too_large, "HEADERS_TOO_LARGE", text("the headers have at most ", limits_.header_bytes_max, " bytes together")));
    }
    if (is_header_done_) return;  // A trailer never counts as a header: nobody before us has judged it as one.
    switch (field) {
      case beast::http::field::content_length:
        if (has_length_ || value.find(',') != beast::string_view::npos) return refuse_syntax(code, "more than one Content-Length");
        if (is_chunked_) return refuse_syntax(code, "Content-Length together with Transfer-Encoding");
        has_length_ = true;
        break;
      case beast::http::field::transfer_encoding:
        if (has_length_) return refuse_syntax(code, "Content-Length together with Transfer-Encoding");
        if (is_chunked_) return refuse_syntax(code, "more than one Transfer-Encoding");
        if (is_http_1_0) return refuse_syntax(code, "Transfer-Encoding needs HTTP/1.1");
        if (ascii_lower(trimmed(view(value))) != "chunked")
          return refuse(code, Error(ErrorKind::unimplemented, "TRANSFER_CODING_UNKNOWN", "the only transfer coding taken is chunked"));
        is_chunked_ = true;
        break;
      case beast::http::field::host:
        if (has_host_) return refuse_syntax(code, "more than one Host");
        has_host_ = true;
        break;
      case beast::http::field::expect: expects_continue = ascii_lower(view(value)) == "100-continue"; break;
      default: break;
    }
    request.headers.push_back({ascii_lower(view(name)), std::string(view(value))});
  }

  void on_header_impl(error_code& code) override {
    is_header_done_ = true;
    if (!has_host_ && !is_http_1_0) return refuse_syntax(code, "an HTTP/1.1 request names its Host");
    auto target = http::parse_target(request.target);
    if (!target) return refuse(code, std::move(target).error());
    request.path = std::move(target->path);
    request.query = std::move(target->query);
    body_max_ = std::min(limits_.body_bytes_max, ask_body_limit_(request));
    expects_continue = expects_continue && !is_http_1_0;
    if (const auto length = content_length(); length && *length > body_max_) refuse_body(code);
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast::string_view bytes, error_code&) override {
    request.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t size, beast::string_view, error_code& code) override {
    has_chunk_ = true;
    if (size > body_max_ - request.body.size()) refuse_body(code);
  }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code&) override {
    request.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(error_code&) override {}
  void on_response_impl(int, beast::string_view, int, error_code&) override {}

  const ParserLimits& limits_;
  const std::function<std::size_t(const Request&)>& ask_body_limit_;
  std::size_t header_bytes_ = 0;
  std::size_t body_max_ = 0;
  bool has_length_ = false;
  bool is_chunked_ = false;
  bool has_host_ = false;
  bool is_header_done_ = false;
  bool has_chunk_ = false;
};

}  // namespace

struct RequestParser::Impl {
  ParserLimits limits;
  std::function<std::size_t(const Request&)> body_limit;
  std::optional<Message> message;
  bool is_http_1_0 = false;
  bool keeps_alive = false;

  State refuse(ErrorKind kind, std::string reason, std::string detail) {
    message->refusal.emplace(kind, std::move(reason), std::move(detail));
    return State::refused;
  }

  /// What a broken grammar or an overfull head means to the client.
  State judge(const error_code& code, std::string_view unused) {
    if (message->refusal) return State::refused;
    if (code != BeastError::header_limit) return refuse(ErrorKind::invalid_argument, "MALFORMED_REQUEST", code.message());
    const bool in_request_line = !message->got_some() || unused.find('\n') == std::string_view::npos;
    if (in_request_line && !message->is_header_done() && message->request.target.empty())
      return refuse(ErrorKind::uri_too_long, "URI_TOO_LONG", text("a target has at most ", limits.target_bytes_max, " bytes"));
    return refuse(ErrorKind::headers_too_large, "HEADERS_TOO_LARGE", text("the headers have at most ", limits.header_bytes_max, " bytes together"));
  }
};

RequestParser::RequestParser(ParserLimits limits, std::function<std::size_t(const Request&)> body_limit) : impl_(std::make_unique<Impl>()) {
  impl_->limits = limits;
  impl_->body_limit = std::move(body_limit);
  impl_->message.emplace(impl_->limits, impl_->body_limit);
}
RequestParser::~RequestParser() = default;

RequestParser::Step RequestParser::put(std::string_view bytes) {
  auto& message = *impl_->message;
  std::size_t used = 0;
  if (!message.got_some()) {
    // Empty lines before a request line are let pass (RFC 9112 §2.2).
    while (bytes.size() - used >= 2 && bytes.substr(used, 2) == "\r\n") used += 2;
    if (used == bytes.size() || bytes.substr(used) == "\r") return {State::need_more, used};
  }
  error_code code;
  do {
    // Beast 1.81 asserts that an empty chunked body comes at least five bytes at a time, "0 CR LF CR LF": less is kept until it is so.
    if (message.awaits_first_chunk() && bytes.size() - used < 5) break;
    const auto step = message.put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), code);
    used += step;
  } while (!code && !message.is_done() && used < bytes.size());
  if (message.is_done() && !code) {
    impl_->is_http_1_0 = message.is_http_1_0;
    impl_->keeps_alive = message.keep_alive();
    return {State::done, used};
  }
  const auto unused = bytes.substr(used);
  if (code && code != BeastError::need_more) return {impl_->judge(code, unused), used};
  // A head, a chunk's extensions or the trailers that never end.
  if (unused.size() > impl_->limits.header_bytes_max + impl_->limits.target_bytes_max) return {impl_->judge(BeastError::header_limit, unused), used};
  return {State::need_more, used};
}

Request RequestParser::take() {
  EMP_ASSERT(impl_->message->is_done());
  Request request = std::move(impl_->message->request);
  impl_->message.emplace(impl_->limits, impl_->body_limit);
  return request;
}

const Error& RequestParser::refusal() const {
  EMP_ASSERT(impl_->message->refusal.has_value());
  return *impl_->message->refusal;
}

bool RequestParser::has_begun() const noexcept { return impl_->message->got_some(); }
bool RequestParser::is_head_done() const noexcept { return impl_->message->is_header_done(); }
bool RequestParser::expects_continue() const noexcept { return impl_->message->expects_continue; }
bool RequestParser::is_http_1_0() const noexcept { return impl_->is_http_1_0; }
bool RequestParser::keeps_alive() const noexcept { return impl_->keeps_alive; }
std::size_t RequestParser::body_bytes() const noexcept { return impl_->message->request.body.size(); }

}  // namespace emporion::http

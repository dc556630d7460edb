#include "kernel/http/server.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <unordered_set>

#include "kernel/base/text.hpp"
#include "kernel/http/input_buffer.hpp"
#include "kernel/http/request_parser.hpp"
#include "kernel/http/request_span.hpp"
#include "kernel/http/response_writer.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr milliseconds tick{250};                    // Of the one clock by which connections are timed; a limit is kept to within it.
constexpr std::size_t joined_bytes_max = 16 * 1024;  // A body up to this is copied behind its head: one plain send is cheaper than a gathering one.
constexpr std::size_t linger_bytes_max = 1024 * 1024;
constexpr seconds linger_time{2};

struct ReadSome {
  tcp::socket& socket;
  asio::mutable_buffer into;
  error_code error{};
  std::size_t bytes = 0;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    socket.async_read_some(into, [this, reader = Suspended(handle)](const error_code& code, std::size_t count) {
      error = code;
      bytes = count;
      reader.resume();
    });
  }
  std::size_t await_resume() const noexcept { return error ? 0 : bytes; }
};

struct Writable {
  tcp::socket& socket;
  error_code error{};
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    socket.async_wait(tcp::socket::wait_write, [this, writer = Suspended(handle)](const error_code& code) {
      error = code;
      writer.resume();
    });
  }
  bool await_resume() const noexcept { return !error; }
};

std::string address_of(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  class Connection;

  Impl(Runtime& loop, Application& app, ServerLimits wanted)
      : runtime(loop), application(app), limits(wanted), context(*static_cast<asio::io_context*>(loop.native_handle())), acceptor(context), timer(context) {}

  Runtime& runtime;
  Application& application;
  ServerLimits limits;
  asio::io_context& context;
  tcp::acceptor acceptor;
  asio::steady_timer timer;
  SystemRandom random;
  SteadyTime now = std::chrono::steady_clock::now();  ///< As of the last tick.
  std::string date;
  std::unordered_set<Connection*> connections;
  bool is_closing = false;  ///< Each connection ends after its running request.
  std::uint16_t bound_port = 0;

  Result<> listen(const std::string& address, std::uint16_t port);
  void accept();
  void take(tcp::socket socket);
  void turn_away(tcp::socket& socket);
  void start_ticking();
  void stop_accepting();
  void end_idle_connections();
  void cut_all_connections();
};

/// One client: reads a request, has it handled, writes the answer, and again.
class Server::Impl::Connection {
 public:
  Connection(std::shared_ptr<Impl> server, tcp::socket socket)
      : server_(std::move(server)),
        socket_(std::move(socket)),
        parser_({server_->limits.header_bytes_max, server_->limits.target_bytes_max, server_->limits.body_bytes_max},
                [application = &server_->application](const Request& head) { return application->body_limit(head); }) {
    error_code ignored;
    peer_address_ = address_of(socket_.remote_endpoint(ignored));
    server_->connections.insert(this);
  }
  ~Connection() { server_->connections.erase(this); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  static Task<void> run(std::unique_ptr<Connection> self) {
    co_await self->serve();
    error_code ignored;
    self->socket_.close(ignored);
  }

  /// Cancels what waits longer than it may; the coroutine then sees why.
  void check_time() {
    if (server_->now < deadline_ || is_late_) return;
    is_late_ = true;
    interrupt();
  }
  bool is_idle() const noexcept { return phase_ == Phase::idle; }
  bool is_handling() const noexcept { return phase_ == Phase::handling; }
  void interrupt() {
    error_code ignored;
    socket_.cancel(ignored);
  }
  void cut() {
    is_cut_ = true;
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  enum class Phase : std::uint8_t { idle, head, body, handling, writing, lingering };
  enum class Received : std::uint8_t { request, refused, gone };

  void enter(Phase phase, microseconds time_left) {
    phase_ = phase;
    deadline_ = server_->now + time_left;
    is_late_ = false;
  }
  void enter_without_limit(Phase phase) {
    phase_ = phase;
    deadline_ = SteadyTime::max();
  }

  asio::mutable_buffer room() {
    const auto free = in_.room(phase_ == Phase::idle ? InputBuffer::Use::idle : phase_ == Phase::body ? InputBuffer::Use::body : InputBuffer::Use::other);
    return asio::buffer(free.data(), free.size());
  }

  Task<void> serve() {
    while (true) {
      const Received received = co_await receive();
      if (received == Received::gone) co_return;
      ResponseForm form;
      Response response;
      if (received == Received::request) {
        Request request = parser_.take();
        request.peer_address = peer_address_;
        form.is_head = request.method == Method::head;
        form.is_http_1_0 = parser_.is_http_1_0();
        enter_without_limit(Phase::handling);
        const trace::Parent origin = origin_of(request, SystemClock().now(), server_->random);
        request.trace = origin.trace;
        const RequestSpan span(request, origin);
        response = co_await server_->application.handle(std::move(request));
        span.answered(response.status);
        // To HTTP/1.0 the end of the connection is the end of a body whose length is not known.
        form.keeps_alive = parser_.keeps_alive() && !server_->is_closing && !(response.rest && form.is_http_1_0);
      } else {
        response = server_->application.refuse(refusal_ ? *refusal_ : parser_.refusal());
        form.keeps_alive = false;
      }
      form.date = server_->date;
      if (!co_await send(std::move(response), form)) co_return;
      if (!form.keeps_alive) {
        co_await linger();
        co_return;
      }
    }
  }

  /// Reads until a request is whole, or something is wrong with it.
  Task<Received> receive() {
    enter(Phase::idle, server_->limits.idle_timeout);
    bool continue_sent = false;
    std::size_t body_bytes_due = InputBuffer::body_bytes;
    while (true) {
      if (!in_.is_empty()) {
        const auto [state, used] = parser_.put(in_.unread());
        in_.consume(used);
        if (state == RequestParser::State::done) co_return Received::request;
        if (state == RequestParser::State::refused) co_return Received::refused;
      }
      // A client has body_read_timeout for its head, and again for each 64 KiB of its body.
      if (parser_.is_head_done()) {
        if (phase_ != Phase::body || parser_.body_bytes() >= body_bytes_due) {
          body_bytes_due = parser_.body_bytes() + InputBuffer::body_bytes;
          enter(Phase::body, server_->limits.body_read_timeout);
        }
        if (parser_.expects_continue() && !continue_sent && in_.is_empty() && parser_.body_bytes() == 0) {
          continue_sent = true;
          if (!co_await write(asio::buffer("HTTP/1.1 100 Continue\r\n\r\n", 25), {})) co_return Received::gone;
        }
      } else if (phase_ == Phase::idle && (parser_.has_begun() || !in_.is_empty())) {
        enter(Phase::head, server_->limits.body_read_timeout);
      }
      if (phase_ == Phase::idle && server_->is_closing) co_return Received::gone;
      const std::size_t count = co_await ReadSome{socket_, room()};
      if (count == 0) {
        const bool is_slow = is_late_ && !is_cut_ && (phase_ == Phase::head || phase_ == Phase::body);
        if (!is_slow) co_return Received::gone;
        refusal_.emplace(ErrorKind::invalid_argument, "REQUEST_TIMEOUT", "the request did not arrive in time");
        co_return Received::refused;
      }
      in_.fill(count);
    }
  }

  Task<bool> send(Response response, ResponseForm form) {
    out_.clear();
    append_head(out_, response, form);
    enter(Phase::writing, server_->limits.idle_timeout);
    if (!has_body(response, form)) co_return co_await write(asio::buffer(out_), {});
    if (response.rest) co_return co_await send_rest(std::move(response), form);
    if (response.body.size() > joined_bytes_max) co_return co_await write(asio::buffer(out_), asio::buffer(response.body));
    out_.append(response.body);
    co_return co_await write(asio::buffer(out_), {});
  }

  /// The head that `out_` holds, then part by part: the next one is made when the one before has left. False also if the body could not be made whole.
  Task<bool> send_rest(Response response, ResponseForm form) {
    std::string part = std::move(response.body);
    while (true) {
      if (form.is_http_1_0) {
        out_.append(part);
      } else if (!part.empty()) {
        append_chunk(out_, part);
      }
      if (!co_await write(asio::buffer(out_), {})) co_return false;
      out_.clear();
      enter_without_limit(Phase::handling);
      auto made = co_await response.rest->next();
      enter(Phase::writing, server_->limits.idle_timeout);
      if (is_cut_) co_return false;
      if (!made) {
        observe::warning("a body broke off", {{"error", made.error().to_string()}});
        cut();  // No last chunk: the client must not take what it has for the whole.
        co_return false;
      }
      if (made->empty()) break;
      part = std::move(*made);
    }
    if (form.is_http_1_0) co_return true;
    co_return co_await write(asio::buffer(last_chunk), {});
  }

  /// Both parts, whole; false if the client is gone or does not read.
  Task<bool> write(asio::const_buffer first, asio::const_buffer second) {
    while (first.size() + second.size() > 0) {
      error_code code;
      const std::size_t count = second.size() == 0 ? socket_.write_some(first, code) : socket_.write_some(std::array{first, second}, code);
      if (code == asio::error::would_block || code == asio::error::try_again) {
        const bool is_writable = co_await Writable{socket_};
        if (!is_writable) co_return false;
        continue;
      }
      if (code) co_return false;
      if (phase_ == Phase::writing) enter(Phase::writing, server_->limits.idle_timeout);
      const std::size_t of_first = std::min(count, first.size());
      first += of_first;
      second += count - of_first;
    }
    co_return true;
  }

  /// Tells the client that nothing follows and reads away what it still sends: closing at once would reset the connection and could destroy our answer on its
  /// way.
  Task<void> linger() {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    enter(Phase::lingering, linger_time);
    std::size_t drained = 0;
    while (drained < linger_bytes_max && !is_cut_) {
      in_.discard();
      const std::size_t count = co_await ReadSome{socket_, room()};
      if (count == 0) co_return;
      drained += count;
    }
  }

  std::shared_ptr<Impl> server_;
  tcp::socket socket_;
  RequestParser parser_;
  std::optional<Error> refusal_;  ///< Ours, where the parser has none.
  std::string peer_address_;
  InputBuffer in_;
  std::string out_;
  SteadyTime deadline_ = SteadyTime::max();
  Phase phase_ = Phase::idle;
  bool is_late_ = false;
  bool is_cut_ = false;
};

Result<> Server::Impl::listen(const std::string& address, std::uint16_t port) {
  error_code code;
  const auto ip = asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, code);
  if (code) return fail(ErrorKind::invalid_argument, "LISTEN_FAILED", text("\"", address, "\" is not an IP address: listen on 127.0.0.1, 0.0.0.0 or ::"));
  const tcp::endpoint endpoint(ip, port);
  const auto attempt = [&](const auto& step) {
    if (!code) step();
  };
  attempt([&] { acceptor.open(endpoint.protocol(), code); });
  attempt([&] { acceptor.set_option(tcp::acceptor::reuse_address(true), code); });
  attempt([&] { acceptor.bind(endpoint, code); });
  attempt([&] { acceptor.listen(4096, code); });
  attempt([&] { bound_port = acceptor.local_endpoint(code).port(); });
  if (!code) {
    start_ticking();
    accept();
    return {};
  }
  error_code ignored;
  acceptor.close(ignored);
  if (code == asio::error::address_in_use) {
    return fail(ErrorKind::conflict, "ADDRESS_IN_USE", text("port ", port, " on ", address, " is taken by another program: stop it, or choose another port"));
  }
  if (code == asio::error::access_denied) {
    return fail(ErrorKind::permission_denied, "LISTEN_FAILED", text("not allowed to listen on port ", port, ": choose one from 1024 up"));
  }
  return fail(ErrorKind::unavailable, "LISTEN_FAILED",
              text("cannot listen on ", address, " port ", port, ": ", code.message(), "; choose an address of this machine"));
}

void Server::Impl::accept() {
  acceptor.async_accept([self = shared_from_this()](const error_code& code, tcp::socket socket) {
    if (!self->acceptor.is_open()) return;
    if (!code) {
      self->take(std::move(socket));
    } else if (code == asio::error::no_descriptors || code == boost::system::errc::too_many_files_open_in_system || code == asio::error::no_memory) {
      // Trying again at once would spin: the next tick does.
      observe::warning("cannot accept connections", {{"error", code.message()}});
      self->timer.async_wait([self](const error_code&) {
        if (self->acceptor.is_open()) self->accept();
      });
      return;
    }
    self->accept();
  });
}

void Server::Impl::take(tcp::socket socket) {
  error_code code;
  socket.non_blocking(true, code);
  if (code) return;
  socket.set_option(tcp::no_delay(true), code);
  if (connections.size() >= limits.connections_max) return turn_away(socket);
  start_detached(Connection::run(std::make_unique<Connection>(shared_from_this(), std::move(socket))));
}

void Server::Impl::turn_away(tcp::socket& socket) {
  const Response response = application.refuse(Error(ErrorKind::unavailable, "TOO_MANY_CONNECTIONS", "all connections are taken; come back in a moment"));
  std::string out;
  append_head(out, response, {.keeps_alive = false, .date = date});
  out.append(response.body);
  error_code ignored;
  (void)socket.write_some(asio::buffer(out), ignored);  // As far as the empty send buffer takes it, that is all of it.
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

void Server::Impl::start_ticking() {
  now = std::chrono::steady_clock::now();
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  date = http_date(std::chrono::duration_cast<seconds>(wall).count());
  // A cancelled connection resumes later, from the loop, so the set does not change meanwhile.
  for (auto* connection : connections) connection->check_time();
  timer.expires_after(tick);
  timer.async_wait([weak = weak_from_this()](const error_code& cancelled) {
    const auto self = weak.lock();
    if (self && !cancelled) self->start_ticking();
  });
}

void Server::Impl::stop_accepting() {
  is_closing = true;
  error_code ignored;
  acceptor.close(ignored);
}

void Server::Impl::end_idle_connections() {
  for (auto* connection : connections) {
    if (connection->is_idle()) connection->interrupt();
  }
}

void Server::Impl::cut_all_connections() {
  for (auto* connection : connections) connection->cut();
}

Server::Server(Runtime& runtime, Application& application, ServerLimits limits) : impl_(std::make_shared<Impl>(runtime, application, limits)) {}

Server::~Server() {
  impl_->stop_accepting();
  impl_->cut_all_connections();
  impl_->timer.cancel();
}

Result<> Server::listen(const std::string& address, std::uint16_t port) { return impl_->listen(address, port); }

std::uint16_t Server::port() const noexcept { return impl_->bound_port; }

Task<void> Server::close(milliseconds patience) {
  const auto impl = impl_;
  impl->stop_accepting();
  impl->end_idle_connections();
  constexpr milliseconds pause{5};
  for (milliseconds waited{0}; !impl->connections.empty() && waited < patience; waited += pause) {
    co_await impl->runtime.sleep_for(pause);
    impl->end_idle_connections();
  }
  impl->cut_all_connections();
  // What was reading or writing ends in the next rounds of the loop; a handler that still runs ends by itself and finds its socket closed.
  const auto is_ending = [&] { return std::ranges::any_of(impl->connections, [](const auto* connection) { return !connection->is_handling(); }); };
  while (is_ending()) co_await impl->runtime.yield();
  impl->timer.cancel();
}

}  // namespace emporion::http

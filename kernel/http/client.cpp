#include "kernel/http/client.hpp"

#include <curl/curl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/fault/mutation.hpp"

namespace emporion::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Steady = std::chrono::steady_clock;

constexpr milliseconds connect_time_max{5'000};
constexpr long idle_connection_seconds = 60;  // Below the 75 s after which our own server hangs up.
constexpr std::size_t answer_bytes_max = 64 * 1024 * 1024;

struct EasyDeleter {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;

/// A curl_slist that grows at its end.
class HeaderList {
 public:
  HeaderList() = default;
  ~HeaderList() { curl_slist_free_all(first_); }
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  void add(const std::string& line) {
    first_ = curl_slist_append(first_, line.c_str());
    EMP_ASSERT(first_ != nullptr);
  }
  curl_slist* get() const noexcept { return first_; }

 private:
  curl_slist* first_ = nullptr;
};

/// One request under way. It lives in the frame of the coroutine that awaits `done`.
struct Transfer {
  ClientRequest request;
  HeaderList headers;
  Response response;
  OneShot<CURLcode> done;
  Steady::time_point deadline;
  int attempts = 0;
  bool may_repeat = false;
  bool answer_too_large = false;
  char error_text[CURL_ERROR_SIZE] = {};
};

std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  transfer.answer_too_large = transfer.response.body.size() + count > answer_bytes_max;
  if (transfer.answer_too_large) return 0;
  transfer.response.body.append(bytes, count);
  return count;
}

std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* context) {
  auto& response = static_cast<Transfer*>(context)->response;
  const std::string_view line(bytes, count);
  if (line.starts_with("HTTP/")) {  // Also after 100 Continue: only the last head counts.
    response.headers.clear();
    response.content_type.clear();
    return count;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return count;
  auto name = ascii_lower(line.substr(0, colon));
  std::string value(trimmed(line.substr(colon + 1)));
  if (name == "content-type") response.content_type = value;
  response.headers.push_back({std::move(name), std::move(value)});
  return count;
}

/// curl sends a request again by itself when a kept connection dies under it. That is ours to decide.
int before_each_attempt(void* context, char*, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(context);
  return ++transfer.attempts == 1 || transfer.may_repeat ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

bool has_header(const ClientRequest& request, std::string_view lower_name) {
  return std::ranges::any_of(request.headers, [&](const Header& header) { return ascii_lower(header.name) == lower_name; });
}

Error unreachable(std::string_view why) { return Error(ErrorKind::unavailable, "PROVIDER_UNREACHABLE", text("the request was not sent: ", why)); }

}  // namespace

/// curl watches its sockets through an epoll of its own, of which the io loop watches one descriptor: curl may open and close sockets as it likes.
struct Client::Impl : std::enable_shared_from_this<Client::Impl> {
  Impl(Runtime& loop, std::size_t maximum)
      : runtime(loop),
        connections_max(maximum),
        context(*static_cast<asio::io_context*>(loop.native_handle())),
        epoll(context, ::epoll_create1(EPOLL_CLOEXEC)),
        timer(context) {
    static const bool initialised = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    EMP_ASSERT(initialised);
    multi = curl_multi_init();
    EMP_ASSERT(multi != nullptr);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Impl::on_socket_change);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Impl::on_timer_change);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(connections_max));
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  }
  ~Impl() {
    EMP_ASSERT(active == 0);
    curl_multi_cleanup(multi);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Runtime& runtime;
  std::size_t connections_max;
  asio::io_context& context;
  asio::posix::stream_descriptor epoll;
  asio::steady_timer timer;
  CURLM* multi = nullptr;
  std::vector<Easy> spare;
  std::deque<OneShot<bool>*> waiting;  ///< For one of the connections_max places.
  std::size_t active = 0;
  bool is_watching = false;
  bool is_posted = false;
  Steady::time_point due_at = Steady::time_point::max();     ///< When curl wants to be called.
  Steady::time_point armed_for = Steady::time_point::max();  ///< When the timer fires: never later than `due_at`.

  static int on_socket_change(CURL*, curl_socket_t socket, int what, void* self_pointer, void*) {
    auto& self = *static_cast<Impl*>(self_pointer);
    epoll_event event{};
    event.data.fd = socket;
    if ((what & CURL_POLL_IN) != 0 && what != CURL_POLL_REMOVE) event.events |= EPOLLIN;
    if ((what & CURL_POLL_OUT) != 0 && what != CURL_POLL_REMOVE) event.events |= EPOLLOUT;
    const int epoll_fd = self.epoll.native_handle();
    if (what == CURL_POLL_REMOVE) {
      ::epoll_ctl(epoll_fd, EPOLL_CTL_DEL, socket, nullptr);
    } else if (::epoll_ctl(epoll_fd, EPOLL_CTL_MOD, socket, &event) != 0) {
      ::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, socket, &event);
    }
    return 0;
  }

  static int on_timer_change(CURLM*, long milliseconds_left, void* self_pointer) {
    auto& self = *static_cast<Impl*>(self_pointer);
    if (milliseconds_left < 0) {
      self.due_at = Steady::time_point::max();
    } else if (milliseconds_left == 0) {  // "As soon as you are out of my call": so for each request.
      self.due_at = Steady::time_point::min();
      if (!std::exchange(self.is_posted, true)) {
        self.runtime.post([weak = self.weak_from_this()] {
          const auto alive = weak.lock();
          if (!alive) return;
          alive->is_posted = false;
          alive->act_when_due();
        });
      }
    } else {
      self.due_at = Steady::now() + milliseconds(milliseconds_left);
      self.arm();
    }
    return 0;
  }

  /// curl moves its next time with every request. The timer, which is dear to set, is only ever moved forward; when it fires too soon it is set anew.
  void arm() {
    if (armed_for <= due_at) return;
    armed_for = due_at;
    timer.expires_at(due_at);
    timer.async_wait([weak = weak_from_this()](const error_code& cancelled) {
      const auto self = weak.lock();
      if (!self || cancelled) return;
      self->armed_for = Steady::time_point::max();
      self->act_when_due();
    });
  }

  void act_when_due() {
    if (due_at > Steady::now()) {
      if (due_at != Steady::time_point::max()) arm();
      return;
    }
    due_at = Steady::time_point::max();
    int running = 0;
    curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    settle();
  }

  void watch() {
    if (std::exchange(is_watching, true)) return;
    epoll.async_wait(asio::posix::stream_descriptor::wait_read, [weak = weak_from_this()](const error_code& cancelled) {
      const auto self = weak.lock();
      if (!self || cancelled) return;
      self->is_watching = false;
      self->take_events();
      if (self->active > 0) self->watch();
    });
  }

  void take_events() {
    std::array<epoll_event, 64> events;
    const int count = ::epoll_wait(epoll.native_handle(), events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      int actions = 0;
      if ((event.events & EPOLLIN) != 0) actions |= CURL_CSELECT_IN;
      if ((event.events & EPOLLOUT) != 0) actions |= CURL_CSELECT_OUT;
      if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) actions |= CURL_CSELECT_ERR;
      int running = 0;
      curl_multi_socket_action(multi, event.data.fd, actions, &running);
    }
    settle();
  }

  /// Resumes whoever awaits a transfer that has ended. Never called from within curl, so they may send again at once.
  void settle() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      CURL* easy = message->easy_handle;
      void* context_of_easy = nullptr;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &context_of_easy);
      curl_multi_remove_handle(multi, easy);
      static_cast<Transfer*>(context_of_easy)->done.set(code);
    }
  }

  Easy take_easy() {
    if (spare.empty()) return Easy(curl_easy_init());
    auto easy = std::move(spare.back());
    spare.pop_back();
    return easy;
  }

  void give_place() {
    if (waiting.empty()) {
      --active;
      return;
    }
    auto* next = waiting.front();
    waiting.pop_front();
    // From the loop: many who wait would otherwise resume each other ever deeper. The place goes over without being free in between.
    runtime.post([next] { next->set(true); });
  }
};

namespace {

void prepare(CURL* easy, Transfer& transfer) {
  const auto& request = transfer.request;
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // No proxy from the environment: where requests go is configuration.
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, idle_connection_seconds);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error_text);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &before_each_attempt);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, &transfer);
  const auto left = std::chrono::ceil<milliseconds>(transfer.deadline - Steady::now());
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max(left, milliseconds(1)).count()));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::max(std::min(left, connect_time_max), milliseconds(1)).count()));

  const bool sends_body = !request.body.empty() || request.method == Method::post || request.method == Method::put || request.method == Method::patch;
  for (const auto& header : request.headers) {
    EMP_ASSERT(header.name.find_first_of("\r\n:") == std::string::npos && header.value.find_first_of("\r\n") == std::string::npos);
    transfer.headers.add(header.value.empty() ? text(header.name, ";") : text(header.name, ": ", header.value));
  }
  transfer.headers.add("Expect:");
  if (sends_body && !has_header(request, "content-type")) transfer.headers.add(request.body.empty() ? "Content-Type:" : "Content-Type: application/json");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
  if (sends_body) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
  }
  if (request.method == Method::head) {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (request.method != Method::get || sends_body) {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, std::string(to_string(request.method)).c_str());
  }
  // A repeat is harmless where HTTP says so (RFC 9110 §9.2.2), or where a key makes it so.
  transfer.may_repeat = (request.method != Method::post && request.method != Method::patch) || has_header(request, "idempotency-key");
}

Result<Response> outcome_of(CURL* easy, CURLcode code, Transfer& transfer) {
  if (code == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    transfer.response.status = static_cast<int>(status);
    return std::move(transfer.response);
  }
  const std::string_view why = transfer.answer_too_large        ? std::string_view("the answer is too large")
                               : transfer.error_text[0] != '\0' ? std::string_view(transfer.error_text)
                                                                : std::string_view(curl_easy_strerror(code));
  // Name, connection and certificate are settled before the first attempt begins, so none begun means nothing sent.
  if (transfer.attempts == 0) return fail(unreachable(why));
  return fail(ErrorKind::deadline_exceeded, "PROVIDER_TIMEOUT", text("whether the request took effect is unknown: ", why));
}

}  // namespace

Client::Client(Runtime& runtime, std::size_t connections_max) : impl_(std::make_shared<Impl>(runtime, std::max<std::size_t>(1, connections_max))) {}
Client::~Client() = default;

Task<Result<Response>> Client::send(CallContext context, ClientRequest request) {
  EMP_ASSERT(
      EMP_GUARD("http.no_provider_call_in_a_transaction", context.open_transactions() == 0));  // Wall 3: no call to a provider while a transaction is open.
  co_return co_await send(std::move(request));
}

Task<Result<Response>> Client::send(ClientRequest request) {
  const auto impl = impl_;
  EMP_ASSERT(impl->runtime.on_io_thread());
  Transfer transfer;
  transfer.deadline = Steady::now() + request.timeout;
  transfer.request = std::move(request);
  if (impl->active < impl->connections_max) {
    ++impl->active;
  } else {
    OneShot<bool> place;
    impl->waiting.push_back(&place);
    (void)co_await place;
    if (Steady::now() >= transfer.deadline) {
      impl->give_place();
      co_return fail(unreachable("all connections were busy until its time was over"));
    }
  }
  Easy easy = impl->take_easy();
  EMP_ASSERT(easy != nullptr);
  prepare(easy.get(), transfer);
  const auto added = curl_multi_add_handle(impl->multi, easy.get());
  EMP_ASSERT(added == CURLM_OK);
  impl->watch();
  const CURLcode code = co_await transfer.done;
  auto outcome = outcome_of(easy.get(), code, transfer);
  curl_easy_reset(easy.get());
  impl->spare.push_back(std::move(easy));
  impl->give_place();
  co_return outcome;
}

}  // namespace emporion::http

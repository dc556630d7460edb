#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/mail/mailer.hpp"

namespace emporion::mail {
namespace {

using Easy = std::unique_ptr<CURL, decltype([](CURL* handle) { curl_easy_cleanup(handle); })>;
using Mime = std::unique_ptr<curl_mime, decltype([](curl_mime* mime) { curl_mime_free(mime); })>;

class Lines {
 public:
  Lines() = default;
  ~Lines() { curl_slist_free_all(first_); }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;
  void add(const std::string& line) {
    first_ = curl_slist_append(first_, line.c_str());
    EMP_ASSERT(first_ != nullptr);
  }
  curl_slist* get() const noexcept { return first_; }

 private:
  curl_slist* first_ = nullptr;
};

/// What the server has said so far. After its 354 the mail itself is on the way, and only a further reply says what became of it.
struct Dialogue {
  std::string last_line;
  int refusal = 0;  ///< The first reply of 400 or more; what follows is only the farewell.
  std::string refusal_line;
  bool is_mail_under_way = false;
  int mail_code = 0;  ///< The reply to the mail itself.
};

std::size_t on_reply(char* bytes, std::size_t, std::size_t count, void* context) {
  auto& dialogue = *static_cast<Dialogue*>(context);
  const std::string_view line = trimmed(std::string_view(bytes, count));
  int code = 0;
  if (line.size() < 3 || std::from_chars(line.data(), line.data() + 3, code).ptr != line.data() + 3) return count;
  if (dialogue.is_mail_under_way && dialogue.mail_code == 0) dialogue.mail_code = code;
  if (code == 354) dialogue.is_mail_under_way = true;
  dialogue.last_line = std::string(line.substr(0, 200));
  if (code >= 400 && dialogue.refusal == 0) {
    dialogue.refusal = code;
    dialogue.refusal_line = dialogue.last_line;
  }
  return count;
}

std::size_t on_body(char*, std::size_t, std::size_t count, void*) { return count; }

void add_text(curl_mime* mime, const std::string& body) {
  std::string lines;  // SMTP's lines end with CRLF.
  for (const char c : body) {
    if (c == '\n') lines.push_back('\r');
    if (c != '\r') lines.push_back(c);
  }
  curl_mimepart* const part = curl_mime_addpart(mime);
  curl_mime_data(part, lines.data(), lines.size());
  curl_mime_type(part, "text/plain; charset=utf-8");
  curl_mime_encoder(part, "quoted-printable");
}

void add_attachment(curl_mime* mime, const Attachment& attachment) {
  curl_mimepart* const part = curl_mime_addpart(mime);
  curl_mime_data(part, attachment.bytes.data(), attachment.bytes.size());
  curl_mime_type(part, attachment.media_type.c_str());
  curl_mime_filename(part, attachment.file_name.c_str());
  curl_mime_encoder(part, "base64");
}

/// By what the server said, and whether it had the mail by then.
Result<> judge(CURLcode code, const Dialogue& dialogue, const char* detail) {
  if (code == CURLE_OK || (dialogue.mail_code >= 200 && dialogue.mail_code < 300)) return {};  // It has the mail; how the farewell went is of no account.
  const std::string said = !dialogue.refusal_line.empty() ? dialogue.refusal_line
                           : !dialogue.last_line.empty()  ? dialogue.last_line
                                                          : std::string(curl_easy_strerror(code));
  const std::string why = *detail == '\0' ? said : text(detail, ": ", said);
  if (dialogue.is_mail_under_way && dialogue.mail_code == 0)
    return fail(ErrorKind::deadline_exceeded, "MAIL_OUTCOME_UNKNOWN", text("the server has not said whether it took the mail: ", why));
  // CURLE_SEND_ERROR is a "no" to sender, recipient or DATA. A "no" to the greeting or the login is about us, not about the mail: it waits until that is put
  // right.
  const bool is_about_the_mail = code == CURLE_SEND_ERROR || dialogue.is_mail_under_way;
  const bool wants_login = dialogue.refusal == 530 || dialogue.refusal == 534 || dialogue.refusal == 535 || dialogue.refusal == 538;
  if (dialogue.refusal >= 500 && is_about_the_mail && !wants_login) return fail(ErrorKind::rule_violated, "MAIL_REFUSED", why);
  return fail(ErrorKind::unavailable, "MAIL_NOT_TAKEN", why);
}

}  // namespace

struct SmtpMailer::Impl {
  struct Order {
    Message message;
    OneShot<Result<>>* answer;
  };

  Impl(Runtime& loop, const SmtpOptions& given) : runtime(loop), options(given) {
    static const bool initialised = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    EMP_ASSERT(initialised);
    thread = std::thread([this] { serve(); });
  }
  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      ending = true;
    }
    changed.notify_one();
    thread.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void submit(Order order) {
    {
      const std::lock_guard lock(mutex);
      orders.push_back(std::move(order));
    }
    changed.notify_one();
  }

  void serve() {
    for (;;) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return ending || !orders.empty(); });
      if (orders.empty()) return;
      const Order order = std::move(orders.front());
      orders.pop_front();
      lock.unlock();
      runtime.post([answer = order.answer, result = attempt(order.message)]() mutable { answer->set(std::move(result)); });
    }
  }

  Result<> attempt(const Message& message) {
    const Easy handle(curl_easy_init());
    CURL* const curl = handle.get();
    Dialogue dialogue;
    char detail[CURL_ERROR_SIZE] = {};
    const std::string scheme = options.encryption == Encryption::tls ? "smtps" : "smtp";
    const std::string url = text(scheme, "://", options.host, ":", options.port, options.helo.empty() ? "" : "/" + options.helo);
    const std::string sender = text("<", message.from.address, ">");
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_USE_SSL, static_cast<long>(options.encryption == Encryption::none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (!options.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca_file.c_str());
    if (!options.username.empty()) {
      curl_easy_setopt(curl, CURLOPT_USERNAME, options.username.c_str());
      curl_easy_setopt(curl, CURLOPT_PASSWORD, options.password.reveal().c_str());
    }
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min<std::int64_t>(10'000, options.timeout.count())));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
    // The farewell waits for a reply beyond the time of the whole, two minutes if nobody says otherwise.
    curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, std::max(1L, static_cast<long>(options.timeout.count() / 1'000)));
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &on_reply);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &dialogue);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_body);
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, sender.c_str());
    Lines recipients;
    recipients.add(text("<", message.to.address, ">"));
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients.get());
    Lines headers;
    headers.add(text("Date: ", header_of(message.date)));
    headers.add(text("From: ", header_of(message.from)));
    headers.add(text("To: ", header_of(message.to)));
    headers.add(text("Subject: ", encoded_words(message.subject)));
    headers.add(text("Message-ID: <", message.message_id, ">"));
    headers.add("MIME-Version: 1.0");
    headers.add("Auto-Submitted: auto-generated");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    const Mime mime(curl_mime_init(curl));
    add_text(mime.get(), message.body);
    for (const Attachment& attachment : message.attachments) add_attachment(mime.get(), attachment);
    curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime.get());
    const CURLcode code = curl_easy_perform(curl);
    return judge(code, dialogue, detail);
  }

  Runtime& runtime;
  const SmtpOptions& options;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Order> orders;
  bool ending = false;
  std::thread thread;
};

SmtpMailer::SmtpMailer(Runtime& runtime, SmtpOptions options) : options_(std::move(options)), runtime_(runtime) {}
SmtpMailer::~SmtpMailer() = default;

Task<Result<>> SmtpMailer::send(CallContext context, Message message) {
  EMP_ASSERT(context.open_transactions() == 0);
  if (!is_enabled()) co_return fail(ErrorKind::rule_violated, "MAIL_DISABLED", "no mail server is configured: mail.smtp.host");
  if (!is_address(message.to.address) || !is_address(message.from.address))
    co_return fail(ErrorKind::rule_violated, "MAIL_REFUSED", "the address is none that mail can be sent to");
  if (!impl_) impl_ = std::make_unique<Impl>(runtime_, options_);
  OneShot<Result<>> answer;
  impl_->submit({std::move(message), &answer});
  co_return co_await answer;
}

}  // namespace emporion::mail

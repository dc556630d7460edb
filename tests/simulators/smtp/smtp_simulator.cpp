#include "tests/simulators/smtp/smtp_simulator.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"

namespace emporion::simulators {
namespace {

constexpr std::size_t line_max = 1'000;  // RFC 5321 §4.5.3.1.6, with the CRLF.
constexpr std::size_t mail_max = 32u << 20;
constexpr int idle_ms = 60'000;

std::string from_base64(std::string_view text) {
  static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned value = 0;
  int bits = 0;
  for (const char c : text) {
    const auto place = alphabet.find(c);
    if (place == std::string_view::npos) break;
    value = value << 6 | static_cast<unsigned>(place);
    bits += 6;
    if (bits >= 8) out.push_back(static_cast<char>(value >> (bits -= 8) & 0xFF));
  }
  return out;
}

}  // namespace

std::string TakenMail::header(std::string_view name) const {
  const std::string wanted = ascii_lower(name) + ":";
  const std::string head = data.substr(0, data.find("\r\n\r\n") + 2);
  std::string out;
  bool is_in_it = false;
  for (std::size_t at = 0; at < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::string line = head.substr(at, end - at);
    at = end + 2;
    const bool is_folded = line.starts_with(' ') || line.starts_with('\t');
    if (is_in_it && is_folded) out += line;
    if (is_in_it && !is_folded) break;
    if (!is_in_it && ascii_lower(line).starts_with(wanted)) {
      is_in_it = true;
      out = std::string(trimmed(std::string_view(line).substr(wanted.size())));
    }
  }
  return out;
}

/// One connection.
class SmtpSimulator::Session {
 public:
  Session(SmtpSimulator& server, int socket) : server_(server), socket_(socket) {}
  ~Session() { ::close(socket_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void run() {
    fault_ = server_.next_fault();
    if (fault_ == SmtpFault::stall_greeting) return stall();
    if (fault_ == SmtpFault::refuse_greeting) return say("554 no service here");
    say("220 simulator ESMTP");
    std::string line;
    while (read_line(line)) {
      if (!obey(line)) return;
    }
  }

 private:
  void say(const std::string& reply) {
    const std::string bytes = reply + "\r\n";
    (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  /// Waits for the client to go, or for the simulator's end.
  void stall() {
    char ignored[1024];
    while (wait() && ::recv(socket_, ignored, sizeof ignored, 0) > 0) {
    }
  }

  bool wait() {
    pollfd both[2] = {{socket_, POLLIN, 0}, {server_.wake_[0], POLLIN, 0}};
    return ::poll(both, 2, idle_ms) > 0 && both[1].revents == 0;
  }

  bool read_line(std::string& line) {
    for (;;) {
      if (const auto end = pending_.find('\n'); end != std::string::npos) {
        line = pending_.substr(0, end + 1);
        pending_.erase(0, end + 1);
        if (line.size() < 2 || line[line.size() - 2] != '\r') {
          server_.note("a line ends without CR: " + line);
          return false;
        }
        if (line.size() > line_max) server_.note(text("a line of ", line.size(), " bytes"));
        line.resize(line.size() - 2);
        return true;
      }
      if (pending_.size() > mail_max || !wait()) return false;
      char bytes[16'384];
      const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
      if (count <= 0) return false;
      pending_.append(bytes, static_cast<std::size_t>(count));
    }
  }

  bool is_command(const std::string& line, std::string_view name) const { return ascii_upper(line.substr(0, name.size())) == name; }
  static std::string path_of(const std::string& line) {
    const auto open = line.find('<'), close = line.find('>');
    return open == std::string::npos || close == std::string::npos ? "" : line.substr(open + 1, close - open - 1);
  }
  bool wrong(const std::string& line) {
    server_.note("out of order or unknown: " + line);
    say("503 bad sequence of commands");
    return true;
  }

  /// Answers false when the connection is to end.
  bool obey(const std::string& line) {
    if (is_command(line, "QUIT")) {
      say("221 bye");
      return false;
    }
    if (is_command(line, "EHLO ")) {
      has_greeted_ = true;
      say("250-simulator");
      if (!server_.options_.username.empty()) say("250-AUTH PLAIN");
      say("250 SIZE 33554432");
      return true;
    }
    if (is_command(line, "AUTH PLAIN")) return log_in(line);
    if (is_command(line, "MAIL FROM:")) return begin_mail(line);
    if (is_command(line, "RCPT TO:")) return add_recipient(line);
    if (is_command(line, "DATA")) return take_data(line);
    if (is_command(line, "RSET")) {
      mail_ = {.login = mail_.login};
      say("250 ok");
      return true;
    }
    return wrong(line);
  }

  bool log_in(const std::string& line) {
    if (!has_greeted_ || server_.options_.username.empty()) return wrong(line);
    std::string response = line.size() > 11 ? line.substr(11) : "";
    if (response.empty()) {
      say("334 ");
      if (!read_line(response)) return false;
    }
    const std::string wanted = std::string("\0", 1) + server_.options_.username + std::string("\0", 1) + server_.options_.password;
    if (from_base64(response) != wanted) {
      say("535 5.7.8 authentication credentials invalid");
      return true;
    }
    mail_.login = server_.options_.username;
    say("235 2.7.0 accepted");
    return true;
  }

  bool begin_mail(const std::string& line) {
    if (!has_greeted_ || !mail_.sender.empty()) return wrong(line);
    if (!server_.options_.username.empty() && mail_.login.empty()) {
      say("530 5.7.0 authentication required");
      return true;
    }
    if (fault_ == SmtpFault::refuse_sender) {
      say("550 5.7.1 we do not take mail from you");
      return true;
    }
    mail_.sender = path_of(line);
    say("250 ok");
    return true;
  }

  bool add_recipient(const std::string& line) {
    if (mail_.sender.empty() || !mail_.recipient.empty()) return wrong(line);
    if (fault_ == SmtpFault::refuse_recipient || fault_ == SmtpFault::defer_recipient) {
      say(fault_ == SmtpFault::refuse_recipient ? "550 5.1.1 no such mailbox" : "451 4.7.1 try again later");
      return true;
    }
    mail_.recipient = path_of(line);
    say("250 ok");
    return true;
  }

  bool take_data(const std::string& line) {
    if (mail_.recipient.empty()) return wrong(line);
    if (fault_ == SmtpFault::drop_at_data) return false;
    say("354 end with a dot on its own line");
    for (std::string row;;) {
      if (!read_line(row)) return false;
      if (row == ".") break;
      mail_.data += (row.starts_with('.') ? row.substr(1) : row) + "\r\n";
      if (mail_.data.size() > mail_max) return false;
    }
    if (fault_ == SmtpFault::refuse_content || fault_ == SmtpFault::defer_content) {
      say(fault_ == SmtpFault::refuse_content ? "554 5.6.0 we do not like it" : "452 4.3.1 no room left");
      return true;
    }
    server_.take(mail_);
    mail_ = {.login = mail_.login};
    if (fault_ == SmtpFault::drop_after_data) return false;
    if (fault_ == SmtpFault::stall_after_data) {
      stall();
      return false;
    }
    say("250 2.0.0 queued");
    return true;
  }

  SmtpSimulator& server_;
  int socket_;
  SmtpFault fault_ = SmtpFault::none;
  bool has_greeted_ = false;
  std::string pending_;
  TakenMail mail_;
};

SmtpSimulator::SmtpSimulator(SmtpSimulatorOptions options) : options_(std::move(options)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EMP_ASSERT(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  EMP_ASSERT(::listen(listener_, 16) == 0);
  EMP_ASSERT(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  EMP_ASSERT(::pipe(wake_) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

SmtpSimulator::~SmtpSimulator() {
  ending_ = true;
  EMP_ASSERT(::write(wake_[1], "x", 1) == 1);  // Never read: it wakes every wait.
  acceptor_.join();
  for (std::thread& session : sessions_) session.join();
  for (const int descriptor : {listener_, wake_[0], wake_[1]}) ::close(descriptor);
}

void SmtpSimulator::accept_all() {
  while (!ending_) {
    pollfd both[2] = {{listener_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
    if (::poll(both, 2, -1) < 0 || both[1].revents != 0) return;
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    ++connections_;
    sessions_.emplace_back([this, socket] { Session(*this, socket).run(); });
  }
}

void SmtpSimulator::misbehave(SmtpFault fault, int times) {
  const std::lock_guard lock(mutex_);
  faults_.insert(faults_.end(), static_cast<std::size_t>(times), fault);
}

SmtpFault SmtpSimulator::next_fault() {
  const std::lock_guard lock(mutex_);
  if (faults_.empty()) return SmtpFault::none;
  const SmtpFault fault = faults_.front();
  faults_.pop_front();
  return fault;
}

void SmtpSimulator::take(TakenMail mail) {
  const std::lock_guard lock(mutex_);
  mails_.push_back(std::move(mail));
}

void SmtpSimulator::note(std::string fault) {
  const std::lock_guard lock(mutex_);
  client_faults_.push_back(std::move(fault));
}

std::vector<TakenMail> SmtpSimulator::mails() const {
  const std::lock_guard lock(mutex_);
  return mails_;
}

std::vector<std::string> SmtpSimulator::client_faults() const {
  const std::lock_guard lock(mutex_);
  return client_faults_;
}

}  // namespace emporion::simulators

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace emporion::simulators {

/// What the server does to one mail.
enum class SmtpFault : std::uint8_t {
  none,
  refuse_greeting,   ///< 554 instead of a greeting.
  refuse_sender,     ///< 550 to MAIL FROM.
  refuse_recipient,  ///< 550 to RCPT TO.
  defer_recipient,   ///< 451 to RCPT TO.
  refuse_content,    ///< 554 after the mail.
  defer_content,     ///< 452 after the mail.
  drop_at_data,      ///< Hangs up at DATA.
  drop_after_data,   ///< Takes the mail and hangs up without a word: delivered, and the sender cannot know.
  stall_after_data,  ///< Takes the mail and says nothing more.
  stall_greeting,    ///< Says nothing at all.
};

/// A mail as it was taken.
struct TakenMail {
  std::string sender = {};  ///< The envelope's.
  std::string recipient = {};
  std::string login = {};  ///< The user that signed in; empty without.
  std::string data = {};   ///< Headers and body, with the dots of RFC 5321 §4.5.2 taken away, lines ending with CRLF.
  /// A header's value, unfolded; empty if it is not there.
  std::string header(std::string_view name) const;
};

struct SmtpSimulatorOptions {
  std::string username = {};  ///< Empty: no login is offered. Else mails without it are refused.
  std::string password = {};
};

/// An SMTP server on a port of 127.0.0.1, on threads of its own. Strict: commands in their order, lines that end with CRLF and are no longer than 998, no bare
/// line feeds; anything else is answered 5xx and noted as a fault of the client.
class SmtpSimulator {
 public:
  explicit SmtpSimulator(SmtpSimulatorOptions options = {});
  ~SmtpSimulator();
  SmtpSimulator(const SmtpSimulator&) = delete;
  SmtpSimulator& operator=(const SmtpSimulator&) = delete;

  std::uint16_t port() const { return port_; }
  /// The next mails go so, one fault each.
  void misbehave(SmtpFault fault, int times = 1);
  /// All mails taken so far, those whose sender was not told included.
  std::vector<TakenMail> mails() const;
  int connections() const { return connections_; }
  /// What the client did against the protocol.
  std::vector<std::string> client_faults() const;

 private:
  class Session;
  void accept_all();
  SmtpFault next_fault();
  void take(TakenMail mail);
  void note(std::string fault);

  SmtpSimulatorOptions options_;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_ = false;
  std::atomic<int> connections_ = 0;
  mutable std::mutex mutex_;
  std::deque<SmtpFault> faults_;
  std::vector<TakenMail> mails_;
  std::vector<std::string> client_faults_;
  std::vector<std::thread> sessions_;
  std::thread acceptor_;
};

}  // namespace emporion::simulators

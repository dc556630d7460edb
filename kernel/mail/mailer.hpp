#pragma once

#include <memory>
#include <string>

#include "kernel/async/runtime.hpp"
#include "kernel/base/result.hpp"
#include "kernel/config/settings.hpp"
#include "kernel/mail/message.hpp"
#include "kernel/rpc/call_context.hpp"
#include "kernel/security/secret.hpp"

namespace emporion::mail {

/// Hands a mail to somebody who delivers it.
class Mailer {
 public:
  virtual ~Mailer() = default;
  /// False: this shop has no mail server, and nothing is to be sent.
  virtual bool is_enabled() const = 0;
  /// One try. Never while a transaction is open (asserted). Errors, by what is known of the mail:
  /// MAIL_REFUSED (rule_violated: the server will not take it; a repeat is in vain), MAIL_NOT_TAKEN (unavailable: it certainly did not take it; repeat later),
  /// MAIL_OUTCOME_UNKNOWN (deadline_exceeded: it may have taken it; a repeat has the same Message-ID).
  virtual Task<Result<>> send(CallContext context, Message message) = 0;
};

enum class Encryption : std::uint8_t { none, starttls, tls };

struct SmtpOptions {
  std::string host;  ///< Empty: no mail is sent.
  std::uint16_t port = 587;
  Encryption encryption = Encryption::starttls;  ///< Never less: a server without STARTTLS is refused.
  std::string username;                          ///< Empty: no login.
  security::Secret password{std::string()};
  std::string ca_file;  ///< Empty: the system's.
  std::string helo;     ///< Our name; empty: the machine's.
  Mailbox from;
  milliseconds timeout{20'000};  ///< Of a whole try.
};

/// Reads mail.smtp.{host,port,encryption,username,password_file,ca_file,helo,timeout_s} and mail.from.{name,address}.
/// Errors: MAIL_CONFIG_INVALID, which says what to change.
Result<SmtpOptions> smtp_options(const config::Settings& settings);

/// SMTP over libcurl, one mail at a time, on a thread of its own: a server that stalls holds back nothing but other mails.
class SmtpMailer final : public Mailer {
 public:
  SmtpMailer(Runtime& runtime, SmtpOptions options);
  ~SmtpMailer() override;
  bool is_enabled() const override { return !options_.host.empty(); }
  Task<Result<>> send(CallContext context, Message message) override;
  const Mailbox& from() const { return options_.from; }

 private:
  struct Impl;
  SmtpOptions options_;
  Runtime& runtime_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace emporion::mail

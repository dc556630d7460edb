#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "kernel/base/text.hpp"
#include "kernel/mail/mailer.hpp"

namespace emporion::mail {
namespace {

std::unexpected<Error> invalid(std::string what) { return fail(ErrorKind::invalid_argument, "MAIL_CONFIG_INVALID", std::move(what)); }

/// The first line of the file.
Result<security::Secret> secret_in(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  if (!in || !std::getline(in, line)) return invalid(text("mail.smtp.password_file: ", file, " cannot be read: ", std::strerror(errno)));
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.pop_back();
  if (line.empty()) return invalid(text("mail.smtp.password_file: the first line of ", file, " is empty"));
  return security::Secret(std::move(line));
}

}  // namespace

Result<SmtpOptions> smtp_options(const config::Settings& settings) {
  SmtpOptions out;
  out.host = settings.string("mail.smtp.host", "");
  const std::string encryption = settings.string("mail.smtp.encryption", "starttls");
  const std::string password_file = settings.string("mail.smtp.password_file", "");
  out.port = static_cast<std::uint16_t>(settings.integer("mail.smtp.port", encryption == "tls" ? 465 : 587, 1, 65'535));
  out.username = settings.string("mail.smtp.username", "");
  out.ca_file = settings.string("mail.smtp.ca_file", "");
  out.helo = settings.string("mail.smtp.helo", "");
  out.from.name = settings.string("mail.from.name", "");
  out.from.address = settings.string("mail.from.address", "");
  out.timeout = std::chrono::duration_cast<milliseconds>(settings.span("mail.smtp.timeout_s", seconds(20)));
  if (encryption == "none") {
    out.encryption = Encryption::none;
  } else if (encryption == "tls") {
    out.encryption = Encryption::tls;
  } else if (encryption != "starttls") {
    return invalid("mail.smtp.encryption is none, starttls or tls");
  }
  if (out.host.empty()) return out;
  if (!is_address(out.from.address)) return invalid("mail.from.address is absent or no address: mails need a sender");
  if (!out.username.empty() && password_file.empty()) return invalid("mail.smtp.username is given without mail.smtp.password_file");
  if (!password_file.empty()) {
    EMP_ASSIGN(out.password, secret_in(password_file));
  }
  if (!out.username.empty() && out.encryption == Encryption::none && out.host != "127.0.0.1" && out.host != "localhost") {
    return invalid("mail.smtp.encryption none would send the password in the clear; use starttls or tls");
  }
  return out;
}

}  // namespace emporion::mail

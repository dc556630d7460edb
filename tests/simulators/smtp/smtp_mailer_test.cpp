#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "kernel/base/text.hpp"
#include "kernel/mail/mailer.hpp"
#include "kernel/security/crypto.hpp"
#include "tests/simulators/smtp/smtp_simulator.hpp"

namespace emporion::mail {
namespace {

using simulators::SmtpFault;
using simulators::SmtpSimulator;

struct SmtpMailerTest : ::testing::Test {
  SmtpOptions options_for(const SmtpSimulator& at) {
    SmtpOptions out;
    out.host = "127.0.0.1";
    out.port = at.port();
    out.encryption = Encryption::none;
    out.from = {"Trà Việt", "shop@example.com"};
    out.timeout = milliseconds(10'000);
    return out;
  }
  Message a_mail() {
    Message out;
    out.message_id = "invoice.1.0@example.com";
    out.from = {"Trà Việt", "shop@example.com"};
    out.to = {"Nguyễn Thị Hoa", "hoa@example.org"};
    out.subject = "Hóa đơn EM-2026-000001 cho đơn hàng EM-261129-ABCDEFG, cảm ơn bạn đã mua hàng";
    out.body = "Kính gửi Hoa,\n\n.một dòng có dấu chấm\n";
    out.date = *UtcTime::parse("2026-11-29T01:02:03Z");
    std::string bytes;
    for (int i = 0; i < 200'000; ++i) bytes.push_back(static_cast<char>(i * 31 + i / 251));
    out.attachments.push_back({"EM-2026-000001.pdf", "application/pdf", bytes});
    return out;
  }
  CallContext context() { return CallContext(SystemClock().now() + minutes(1), Uuid(), Principal::of_service("test")); }
  Result<> send(SmtpOptions options, Message message) {
    SmtpMailer mailer(runtime, std::move(options));
    return run_until_done(runtime, mailer.send(context(), std::move(message)));
  }
  Result<> send() { return send(options_for(server), a_mail()); }

  Runtime runtime;
  SmtpSimulator server;
};

std::string without_breaks(std::string text) {
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
  return text;
}

TEST_F(SmtpMailerTest, AMailArrivesWholeWithItsAttachment) {
  const auto sent = send();
  ASSERT_TRUE(sent) << sent.error().to_string();
  ASSERT_EQ(server.mails().size(), 1u);
  const auto mail = server.mails()[0];
  EXPECT_EQ(mail.sender, "shop@example.com");
  EXPECT_EQ(mail.recipient, "hoa@example.org");
  EXPECT_EQ(mail.header("Message-ID"), "<invoice.1.0@example.com>");
  EXPECT_EQ(mail.header("Date"), "Sun, 29 Nov 2026 01:02:03 +0000");
  EXPECT_TRUE(mail.header("Subject").starts_with("=?UTF-8?B?")) << mail.header("Subject");
  EXPECT_TRUE(mail.header("Content-Type").starts_with("multipart/mixed; boundary=")) << mail.header("Content-Type");
  EXPECT_NE(mail.data.find("Content-Disposition: attachment; filename=\"EM-2026-000001.pdf\""), std::string::npos);
  EXPECT_NE(mail.data.find("Content-Type: application/pdf"), std::string::npos);
  EXPECT_NE(mail.data.find("K=C3=ADnh g=E1=BB=ADi Hoa,"), std::string::npos);
  EXPECT_NE(without_breaks(mail.data).find(security::base64(a_mail().attachments[0].bytes)), std::string::npos);
  EXPECT_TRUE(server.client_faults().empty()) << server.client_faults()[0];
}

TEST_F(SmtpMailerTest, EachEndOfATryIsToldApart) {
  struct Case {
    SmtpFault fault;
    const char* reason;
    bool arrives;
  };
  const Case cases[] = {
      {SmtpFault::refuse_sender, "MAIL_REFUSED", false},     {SmtpFault::refuse_recipient, "MAIL_REFUSED", false},
      {SmtpFault::refuse_content, "MAIL_REFUSED", false},    {SmtpFault::refuse_greeting, "MAIL_NOT_TAKEN", false},
      {SmtpFault::defer_recipient, "MAIL_NOT_TAKEN", false}, {SmtpFault::defer_content, "MAIL_NOT_TAKEN", false},
      {SmtpFault::drop_at_data, "MAIL_NOT_TAKEN", false},    {SmtpFault::drop_after_data, "MAIL_OUTCOME_UNKNOWN", true},
  };
  std::size_t arrived = 0;
  for (const Case& one : cases) {
    server.misbehave(one.fault);
    const auto sent = send();
    ASSERT_FALSE(sent) << one.reason;
    EXPECT_EQ(sent.error().reason(), one.reason) << static_cast<int>(one.fault) << sent.error().to_string();
    arrived += one.arrives ? 1 : 0;
    EXPECT_EQ(server.mails().size(), arrived) << static_cast<int>(one.fault);
  }
  EXPECT_TRUE(send());
}

TEST_F(SmtpMailerTest, AServerThatStallsIsLeftInTime) {
  SmtpOptions options = options_for(server);
  options.timeout = milliseconds(1'000);
  server.misbehave(SmtpFault::stall_greeting);
  const auto silent = send(options, a_mail());
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().reason(), "MAIL_NOT_TAKEN");
  server.misbehave(SmtpFault::stall_after_data);
  const auto unanswered = send(options, a_mail());
  ASSERT_FALSE(unanswered);
  EXPECT_EQ(unanswered.error().reason(), "MAIL_OUTCOME_UNKNOWN");
  EXPECT_EQ(unanswered.error().kind(), ErrorKind::deadline_exceeded);
}

TEST_F(SmtpMailerTest, NobodyListeningIsNotTaken) {
  SmtpOptions options = options_for(server);
  options.port = 1;  // Nothing listens there.
  const auto sent = send(options, a_mail());
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().reason(), "MAIL_NOT_TAKEN");
}

TEST_F(SmtpMailerTest, EncryptionIsNeverGivenUp) {
  SmtpOptions options = options_for(server);
  options.encryption = Encryption::starttls;  // The server does not offer it.
  const auto sent = send(options, a_mail());
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().reason(), "MAIL_NOT_TAKEN");
  EXPECT_TRUE(server.mails().empty());
}

TEST_F(SmtpMailerTest, SignsInWithTheSecretOfTheFile) {
  SmtpSimulator closed({.username = "shop", .password = "a long secret"});
  SmtpOptions options = options_for(closed);
  options.username = "shop";
  options.password = security::Secret("wrong");
  const auto refused = send(options, a_mail());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "MAIL_NOT_TAKEN") << "a wrong password is ours to put right, the mail waits";
  EXPECT_EQ(refused.error().to_string().find("wrong"), std::string::npos);
  options.password = security::Secret("a long secret");
  const auto sent = send(options, a_mail());
  ASSERT_TRUE(sent) << sent.error().to_string();
  EXPECT_EQ(closed.mails()[0].login, "shop");
}

TEST_F(SmtpMailerTest, AnAddressThatIsNoneIsNeverSaidToTheServer) {
  Message mail = a_mail();
  mail.to.address = "hoa@example.org>\r\nRCPT TO:<all@example.org";
  const auto sent = send(options_for(server), mail);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().reason(), "MAIL_REFUSED");
  EXPECT_EQ(server.connections(), 0);
}

TEST(SmtpOptions, WithoutAHostThereIsNoMail) {
  const auto settings = *config::Settings::parse("mail:\n  from:\n    name: Shop\n");
  const auto options = smtp_options(settings);
  ASSERT_TRUE(options);
  Runtime runtime;
  EXPECT_FALSE(SmtpMailer(runtime, *options).is_enabled());
}

TEST(SmtpOptions, WhatIsMissingIsSaid) {
  const auto refusal = [](std::string_view yaml) {
    const auto settings = config::Settings::parse(yaml);
    const auto options = smtp_options(*settings);
    return options ? std::string() : options.error().detail();
  };
  EXPECT_NE(refusal("mail:\n  smtp:\n    host: mx\n").find("mail.from.address"), std::string::npos);
  EXPECT_NE(refusal("mail:\n  from:\n    address: a@b\n  smtp:\n    host: mx\n    username: u\n").find("password_file"), std::string::npos);
  EXPECT_NE(refusal("mail:\n  from:\n    address: a@b\n  smtp:\n    host: mx\n    encryption: maybe\n").find("starttls"), std::string::npos);
  const auto file = std::filesystem::temp_directory_path() / "smtp_options_test.secret";
  std::ofstream(file) << "s3cret\n";
  EXPECT_EQ(refusal(text("mail:\n  from:\n    address: a@b\n  smtp:\n    host: mx\n    username: u\n    password_file: ", file.string(), "\n")), "");
  EXPECT_NE(
      refusal(text("mail:\n  from:\n    address: a@b\n  smtp:\n    host: mx\n    encryption: none\n    username: u\n    password_file: ", file.string(), "\n"))
          .find("clear"),
      std::string::npos);
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace emporion::mail

#include "kernel/mail/message.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"

namespace emporion::mail {
namespace {

/// What a reader makes of encoded words.
std::string decoded(std::string_view header) {
  std::string out;
  while (!header.empty()) {
    if (header.starts_with("\r\n ")) header.remove_prefix(3);
    if (!header.starts_with("=?UTF-8?B?")) return out.append(header);
    const auto end = header.find("?=");
    out += security::from_base64(header.substr(10, end - 10)).value();
    header.remove_prefix(end + 2);
  }
  return out;
}

TEST(Message, PlainAsciiIsLeftAsItIs) {
  EXPECT_EQ(encoded_words("Invoice EM-2026-000001"), "Invoice EM-2026-000001");
  EXPECT_EQ(header_of(Mailbox{"Tea \"House\"", "shop@example.com"}), "\"Tea \\\"House\\\"\" <shop@example.com>");
  EXPECT_EQ(header_of(Mailbox{"", "shop@example.com"}), "<shop@example.com>");
}

TEST(Message, OtherTextBecomesEncodedWordsThatBreakBetweenCharacters) {
  const std::string subject = "Hóa đơn EM-2026-000001 cho đơn hàng EM-261129-ABCDEFG của Cửa hàng Trà Việt";
  const std::string header = encoded_words(subject);
  EXPECT_EQ(decoded(header), subject);
  for (std::size_t at = 0; at < header.size();) {
    const std::size_t end = std::min(header.find("\r\n", at), header.size());
    EXPECT_LE(end - at, 76u);
    EXPECT_TRUE(is_valid_utf8(decoded(header.substr(at, end - at)))) << "no word ends inside of a character";
    at = end + 3;
  }
}

TEST(Message, ALineBreakCannotBeginAHeader) {
  EXPECT_EQ(encoded_words("Hi\r\nBcc: all@example.com"), "Hi  Bcc: all@example.com");
  EXPECT_EQ(header_of(Mailbox{"a\r\nb", "x@example.com"}).find('\r'), std::string::npos);
}

TEST(Message, AnEncodedWordInTheTextIsNotTakenForOne) { EXPECT_EQ(decoded(encoded_words("=?UTF-8?B?x?=")), "=?UTF-8?B?x?="); }

TEST(Message, DatesAreThoseOfMail) { EXPECT_EQ(header_of(*UtcTime::parse("2026-11-29T01:02:03.5Z")), "Sun, 29 Nov 2026 01:02:03 +0000"); }

TEST(Message, KnowsWhatCanStandInAnEnvelope) {
  for (const char* good : {"a@b", "linh.tran+shop@example.com"}) EXPECT_TRUE(is_address(good)) << good;
  for (const char* bad : {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b>\r\nRCPT TO:<c@d", "ở@example.com", "<a@b>", "\"a\"@b"})
    EXPECT_FALSE(is_address(bad)) << bad;
}

RC_GTEST_PROP(Message, AnyTextComesBackFromItsHeader, ()) {
  // From pieces of one to four bytes, so that words end at every place of a character.
  std::string bytes;
  for (const std::string& piece : *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>("a", " ", "=?", "\n", "é", "ở", "漢", "😀")))
    bytes += piece;
  std::string without_controls = bytes;
  for (char& c : without_controls) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  RC_ASSERT(decoded(encoded_words(bytes)) == without_controls);
}

}  // namespace
}  // namespace emporion::mail

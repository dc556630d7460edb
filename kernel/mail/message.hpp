#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/base/result.hpp"
#include "kernel/base/time.hpp"

namespace emporion::mail {

struct Mailbox {
  std::string name;     ///< UTF-8; may be empty.
  std::string address;  ///< "shop@example.com"; ASCII, for there is no SMTPUTF8 here.
};
struct Attachment {
  std::string file_name;  ///< ASCII.
  std::string media_type;
  std::string bytes;
};
/// A mail with a text and attachments (multipart/mixed).
struct Message {
  std::string message_id;  ///< Without the angle brackets. A repeat of the same mail has the same: it is recognisable for the receiver.
  Mailbox from;
  Mailbox to;
  std::string subject;
  std::string body;  ///< Plain text, UTF-8, lines end with \n.
  UtcTime date;      ///< Of the mail, not of the try.
  std::vector<Attachment> attachments;
};

/// A header's text as RFC 2047 wants it: plain ASCII as it is, anything else as encoded words of at most 75 characters that break between UTF-8 characters.
std::string encoded_words(std::string_view text);
/// "=?UTF-8?B?…?= <shop@example.com>"
std::string header_of(const Mailbox& mailbox);
/// "Sun, 29 Nov 2026 01:30:00 +0000"
std::string header_of(UtcTime date);
/// True for what may stand in an envelope: printable ASCII with one @, no spaces, brackets, commas or quotes, at most 254 bytes.
bool is_address(std::string_view address);

}  // namespace emporion::mail

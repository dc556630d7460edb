#include "modules/commerce/payment/domain/disposable_domains.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::payment {
namespace {

// Each offers mailboxes without registration on its own front page.
constexpr std::string_view everybody_knows = R"(10minutemail.com
33mail.com
burnermail.io
discard.email
dispostable.com
emailondeck.com
fakeinbox.com
getairmail.com
getnada.com
grr.la
guerrillamail.com
guerrillamail.de
guerrillamail.net
guerrillamail.org
guerrillamailblock.com
inboxkitten.com
maildrop.cc
mailcatch.com
mailinator.com
mailnesia.com
mailsac.com
minutemail.com
mintemail.com
moakt.com
mohmal.com
mytemp.email
sharklasers.com
spam4.me
spamgourmet.com
temp-mail.io
temp-mail.org
tempail.com
tempinbox.com
tempmail.com
tempmail.dev
tempmailo.com
throwawaymail.com
trashmail.com
trashmail.de
yopmail.com
yopmail.fr
)";

}  // namespace

DisposableDomains DisposableDomains::well_known() { return parse(everybody_knows); }

DisposableDomains DisposableDomains::parse(std::string_view lines) {
  DisposableDomains out;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    line = trimmed(line.substr(0, line.find('#')));
    if (!line.empty()) out.domains_.insert(ascii_lower(line));
  }
  return out;
}

bool DisposableDomains::contains(std::string_view domain) const {
  const std::string lower = ascii_lower(domain);
  for (std::string_view rest = lower; !rest.empty();) {
    if (domains_.contains(std::string(rest))) return true;
    const std::size_t dot = rest.find('.');
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  }
  return false;
}

}  // namespace emporion::payment

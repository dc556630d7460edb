#include "modules/platform/gateway/app/waiting_tickets.hpp"

#include <charconv>

#include "kernel/base/assert.hpp"
#include "kernel/base/text.hpp"
#include "kernel/security/crypto.hpp"
#include "kernel/security/master_key.hpp"

namespace emporion::gateway {

Result<> WaitingTickets::open(const std::string& master_key_file, Random& random) {
  EMP_ASSIGN(const auto master, security::load_or_make_master_key(master_key_file, random));
  key_ = security::Secret(security::hmac_sha256(master.reveal(), "gateway.waiting_room"));
  return {};
}

std::string WaitingTickets::signature(std::string_view payload) const {
  EMP_ASSERT(key_.has_value());
  return security::base64url(security::hmac_sha256(key_->reveal(), payload));
}

std::string WaitingTickets::issue(const WaitingPlace& place) const {
  const std::string payload = security::base64url(text(place.sale, ' ', place.number, ' ', place.subject));
  return text(payload, '.', signature(payload));
}

std::optional<WaitingPlace> WaitingTickets::read(std::string_view ticket) const {
  const auto dot = ticket.find('.');
  if (dot == std::string_view::npos || !security::constant_time_equal(ticket.substr(dot + 1), signature(ticket.substr(0, dot)))) return std::nullopt;
  const auto payload = security::from_base64url(ticket.substr(0, dot));
  if (!payload) return std::nullopt;
  const auto first = payload->find(' ');
  const auto second = payload->find(' ', first + 1);
  if (first == std::string::npos || second == std::string::npos) return std::nullopt;
  const auto sale = Uuid::parse(std::string_view(*payload).substr(0, first));
  WaitingPlace out;
  const auto number = std::from_chars(payload->data() + first + 1, payload->data() + second, out.number);
  if (!sale || number.ptr != payload->data() + second) return std::nullopt;
  out.sale = *sale;
  out.subject = payload->substr(second + 1);
  return out;
}

}  // namespace emporion::gateway

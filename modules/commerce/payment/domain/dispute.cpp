#include "modules/commerce/payment/domain/dispute.hpp"

#include <array>
#include <utility>

namespace emporion::payment {
namespace {

using S = DisputeStatus;

constexpr std::array names{std::pair{S::opened, std::string_view("opened")}, std::pair{S::submitted, std::string_view("submitted")},
                           std::pair{S::won, std::string_view("won")}, std::pair{S::lost, std::string_view("lost")},
                           std::pair{S::accepted, std::string_view("accepted")}};

}  // namespace

std::string_view to_string(DisputeStatus status) noexcept {
  for (const auto& [known, name] : names) {
    if (known == status) return name;
  }
  return {};
}

std::optional<DisputeStatus> parse_dispute_status(std::string_view text) noexcept {
  for (const auto& [known, name] : names) {
    if (name == text) return known;
  }
  return std::nullopt;
}

bool is_open(DisputeStatus status) noexcept { return status == S::opened || status == S::submitted; }
bool is_lost(DisputeStatus status) noexcept { return status == S::lost || status == S::accepted; }

DisputeVerdict judge_dispute(DisputeStatus current, DisputeStatus reported, bool is_present_state) noexcept {
  const bool same = current == reported || (is_lost(current) && is_lost(reported));
  if (same) return DisputeVerdict::ignore;
  if (is_open(current)) {
    // "Needs an answer" after ours is a message that was overtaken, or a second round: the provider knows.
    if (current == S::submitted && reported == S::opened) return is_present_state ? DisputeVerdict::apply : DisputeVerdict::query;
    return DisputeVerdict::apply;
  }
  if (is_open(reported)) return DisputeVerdict::ignore;  // Late.
  return is_present_state ? DisputeVerdict::apply : DisputeVerdict::query;
}

}  // namespace emporion::payment

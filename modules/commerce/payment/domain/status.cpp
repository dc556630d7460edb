#include "modules/commerce/payment/domain/status.hpp"

#include <algorithm>
#include <utility>

namespace emporion::payment {
namespace {

using S = Status;

constexpr std::array names{
    std::pair{S::created, std::string_view("created")},
    std::pair{S::requires_action, std::string_view("requires_action")},
    std::pair{S::processing, std::string_view("processing")},
    std::pair{S::authorized, std::string_view("authorized")},
    std::pair{S::pending_collection, std::string_view("pending_collection")},
    std::pair{S::captured, std::string_view("captured")},
    std::pair{S::partially_refunded, std::string_view("partially_refunded")},
    std::pair{S::refunded, std::string_view("refunded")},
    std::pair{S::failed, std::string_view("failed")},
    std::pair{S::expired, std::string_view("expired")},
    std::pair{S::voided, std::string_view("voided")},
};

// Source: commerce.md §3.3, one line per row there.
constexpr std::array edges{
    std::pair{S::created, S::requires_action},
    std::pair{S::created, S::processing},
    std::pair{S::created, S::authorized},
    std::pair{S::created, S::captured},
    std::pair{S::created, S::pending_collection},
    std::pair{S::created, S::failed},
    std::pair{S::requires_action, S::processing},
    std::pair{S::requires_action, S::authorized},
    std::pair{S::requires_action, S::captured},
    std::pair{S::requires_action, S::failed},
    std::pair{S::requires_action, S::expired},
    std::pair{S::requires_action, S::voided},
    std::pair{S::processing, S::requires_action},
    std::pair{S::processing, S::authorized},
    std::pair{S::processing, S::captured},
    std::pair{S::processing, S::failed},
    std::pair{S::processing, S::expired},
    std::pair{S::authorized, S::captured},
    std::pair{S::authorized, S::voided},
    std::pair{S::authorized, S::expired},
    std::pair{S::pending_collection, S::captured},
    std::pair{S::pending_collection, S::failed},
    std::pair{S::pending_collection, S::voided},
    std::pair{S::captured, S::partially_refunded},
    std::pair{S::captured, S::refunded},
    std::pair{S::partially_refunded, S::partially_refunded},
    std::pair{S::partially_refunded, S::refunded},
    std::pair{S::failed, S::authorized},
    std::pair{S::failed, S::captured},
    std::pair{S::expired, S::authorized},
    std::pair{S::expired, S::captured},
    std::pair{S::voided, S::authorized},
    std::pair{S::voided, S::captured},
};

}  // namespace

std::string_view to_string(Status status) noexcept {
  for (const auto& [known, name] : names) {
    if (known == status) return name;
  }
  return {};
}

std::optional<Status> parse_status(std::string_view text) noexcept {
  for (const auto& [known, name] : names) {
    if (name == text) return known;
  }
  return std::nullopt;
}

bool is_live(Status status) noexcept {
  return status == S::created || status == S::requires_action || status == S::processing || status == S::authorized || status == S::pending_collection;
}
bool is_successful(Status status) noexcept { return status == S::captured || status == S::partially_refunded || status == S::refunded; }
bool is_secured(Status status) noexcept {
  return status == S::authorized || status == S::pending_collection || status == S::captured || status == S::partially_refunded;
}

bool has_edge(Status from, Status to) noexcept { return std::ranges::find(edges, std::pair{from, to}) != edges.end(); }

int rank(Status status) noexcept {
  switch (status) {
    case S::created: return 0;
    case S::requires_action: return 1;
    case S::processing: return 2;
    case S::failed:
    case S::expired:
    case S::voided: return 3;
    case S::authorized:
    case S::pending_collection: return 4;
    case S::captured: return 5;
    case S::partially_refunded: return 6;
    case S::refunded: return 7;
  }
  return 0;
}

Verdict judge(Status current, Status reported, Source source) noexcept {
  if (current == reported || !has_edge(current, reported)) return Verdict::ignore;
  if (source == Source::webhook && rank(reported) <= rank(current)) return Verdict::query;
  return Verdict::apply;
}

Status status_of_cancellation(Status current, bool void_requested) noexcept {
  if (void_requested && has_edge(current, S::voided)) return S::voided;
  if (has_edge(current, S::expired)) return S::expired;
  return S::failed;
}

}  // namespace emporion::payment

#include "modules/platform/gateway/app/page_parts.hpp"

#include <vector>

namespace emporion::gateway {
namespace {

constexpr milliseconds tick_period{25};

}  // namespace

Upstream::Verdict PageParts::verdict_on(const Error* error) {
  if (error == nullptr) return Upstream::Verdict::answered;
  if (error->reason().starts_with("CALLEE_")) return Upstream::Verdict::unknown;  // Whoever carried the call has a breaker of its own.
  return error->kind() == ErrorKind::unavailable || error->kind() == ErrorKind::deadline_exceeded ? Upstream::Verdict::failed : Upstream::Verdict::answered;
}

void PageParts::tick() {
  const UtcTime now = clock_.now();
  std::vector<std::shared_ptr<Late>> late;  // Giving one up changes the list.
  for (const auto& part : waiting_) {
    if (now >= part->until) late.push_back(part);
  }
  for (const auto& part : late) {
    if (!part->waiting) continue;
    part->is_given_up = true;
    part->upstream->record(Upstream::Verdict::failed, upstreams_.now());
    part->give_up();
  }
}

Task<void> PageParts::run() {
  while (!closing_) {
    co_await runtime_.sleep_for(tick_period);
    tick();
  }
}

Task<void> PageParts::close() {
  closing_ = true;
  co_await calls_.join();
}

}  // namespace emporion::gateway

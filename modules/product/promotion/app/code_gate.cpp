#include "modules/product/promotion/app/code_gate.hpp"

#include "kernel/base/text.hpp"

namespace emporion::promotion {

std::string CodeGate::name_of(const CallContext& context) {
  const std::string address = context.client ? context.client->address : "";
  if (context.principal.realm == Realm::service) return address.empty() ? "" : text("service ", address);
  if (context.principal.realm == Realm::guest) return text("guest ", address);
  return text(context.principal.id, ' ', address);
}

void CodeGate::forget_old(std::deque<UtcTime>& times) const {
  while (!times.empty() && times.front() <= clock_.now() - window) times.pop_front();
}

Result<> CodeGate::check(const CallContext& context) {
  const auto found = wrong_.find(name_of(context));
  if (found == wrong_.end()) return {};
  forget_old(found->second);
  if (found->second.size() < wrong_max) return {};
  const auto wait = std::chrono::ceil<seconds>(found->second.front() + window - clock_.now());
  return fail(Error(ErrorKind::resource_exhausted, "TOO_MANY_CODES", "too many wrong codes").with("retry_after", wait.count()));
}

void CodeGate::wrong(const CallContext& context) {
  const std::string name = name_of(context);
  if (name.empty()) return;
  if (wrong_.size() >= callers_max) {
    std::erase_if(wrong_, [this](const auto& entry) { return entry.second.empty() || entry.second.back() <= clock_.now() - window; });
    if (wrong_.size() >= callers_max) wrong_.clear();
  }
  auto& times = wrong_[name];
  forget_old(times);
  if (times.size() < wrong_max) times.push_back(clock_.now());
}

}  // namespace emporion::promotion

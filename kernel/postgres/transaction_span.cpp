#include "kernel/postgres/transaction_span.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "kernel/base/text.hpp"

namespace emporion::postgres {
namespace {

// As the outbox counts (ADR 0034): its rows lead back here.
constexpr Statement own_number{"trace.transaction", "SELECT pg_current_xact_id_if_assigned()::text::bigint + (SELECT shift FROM module_place)"};
constexpr std::size_t statements_max = 16;  // Named in one span.

}  // namespace

struct TransactionSpan::Traced {
  const std::string& module;
  trace::SharedWork work = {};
  std::vector<std::string_view> statements = {};
  bool writes = false;
  bool asked = false;
  std::optional<std::int64_t> number = {};

  static std::uint64_t id_of(const Uuid& trace, const void* self) {
    const auto& own = *static_cast<const Traced*>(self);
    return trace::commit_span_id(trace, own.module, *own.number);
  }
};

void TransactionSpan::begin(const std::string& module) { traced_ = new Traced{module}; }
void TransactionSpan::drop() noexcept { delete std::exchange(traced_, nullptr); }

void TransactionSpan::note(std::vector<Bound>& bounds) {
  auto& names = traced_->statements;
  for (const Bound& bound : bounds) {
    traced_->writes = traced_->writes || bound.statement.effect == Effect::writes;
    if (names.size() < statements_max && std::ranges::find(names, bound.statement.name) == names.end()) names.push_back(bound.statement.name);
  }
  traced_->asked = traced_->writes && !traced_->number;
  if (traced_->asked) bounds.push_back(bind(own_number));
}

void TransactionSpan::take_number(Result<std::vector<Rows>>& answers) {
  if (!traced_->asked || !answers) return;
  const Rows answer = std::move(answers->back());
  answers->pop_back();
  traced_->number = answer[0].get<std::optional<std::int64_t>>(0);
}

void TransactionSpan::end(bool rolled_back, const Error* error) {
  std::string names;
  for (const std::string_view name : traced_->statements) names.append(names.empty() ? "" : ", ").append(name);
  const char* const how = rolled_back ? "rollback " : traced_->writes ? "commit " : "read ";
  trace::SharedWork::End ending{.name = text(how, traced_->module),
                                .kind = trace::Kind::client,
                                .error = error != nullptr ? error->reason() : std::string(),
                                .attributes = {{"db.system", "postgresql"}, {"db.namespace", traced_->module}, {"db.operation.name", std::move(names)}}};
  if (traced_->number) ending.attributes.push_back({"emporion.transaction", *traced_->number});
  traced_->work.end(ending, traced_->number ? &Traced::id_of : nullptr, traced_);
  drop();
}

}  // namespace emporion::postgres

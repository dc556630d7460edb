#include "kernel/saga/overseer.hpp"

#include "kernel/observe/log.hpp"
#include "kernel/observe/metrics.hpp"

namespace emporion::saga {
namespace {

constexpr postgres::Statement find_overdue{"saga.overdue", "SELECT id, what, step FROM saga_overdue($1, $2, $3)"};

}  // namespace

Overseer::Overseer(postgres::Database& database, Interventions& interventions, const ErasedDefinition& definition)
    : database_(database), interventions_(interventions), definition_(definition) {
  for (std::size_t i = definition.pivot + 1; i < definition.steps.size(); ++i) forward_only_.push_back(definition.steps[i].name);
}

Task<Result<>> Overseer::look(UtcTime now) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(find_overdue, definition_.name, forward_only_, now));
  for (const auto row : rows) {
    const auto saga = row.get<Uuid>(0);
    const auto step = row.get<std::string>(2);
    if (row.get<std::string>(1) == "late") {  // It goes on by itself, for ever; somebody should know why it does not get there.
      observe::error("saga late", {{"saga", saga.to_string()}, {"step", step}});
      observe::counter("emporion_saga_late_total", "Times that a saga past its pivot was found late.", {{"saga", definition_.name}}).increment();
      continue;
    }
    EMP_CO_ASSIGN(const bool given, co_await interventions_.stick(saga, Error(ErrorKind::internal, "SAGA_OUTLIVED", "twice its time has passed")));
    if (given) tell_stuck(definition_, saga, step, "twice its time has passed");
  }
  co_return Result<>();
}

void tell_stuck(const ErasedDefinition& definition, Uuid saga, std::string_view step, std::string_view why) {
  observe::error("saga stuck", {{"saga", saga.to_string()}, {"step", std::string(step)}, {"error", std::string(why)}});
  observe::counter("emporion_saga_stuck_total", "Sagas given to staff.", {{"saga", definition.name}}).increment();
}

}  // namespace emporion::saga

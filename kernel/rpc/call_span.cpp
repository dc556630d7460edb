#include "kernel/rpc/call_span.hpp"

#include "kernel/base/text.hpp"
#include "kernel/trace/tracer.hpp"

namespace emporion::rpc {
namespace {

std::string name_of(const Operation& operation) { return text(operation.module, '.', operation.name); }

}  // namespace

CallSpan::CallSpan(const Operation& operation, std::string_view system, const trace::Parent& caller) {
  if (!caller.sampled || !trace::is_enabled()) return;
  active_.begin(trace::begin(caller, name_of(operation), trace::Kind::server));
  describe(operation, system);
}

void CallSpan::begin(const Operation& operation) {
  std::string name = name_of(operation);
  const trace::Span* const above = trace::current();
  if (above->kind() == trace::Kind::server && above->name() == name) return;
  active_.begin(trace::child(std::move(name), trace::Kind::internal));
  describe(operation, "in_process");
}

void CallSpan::begin_to(const Operation& operation, std::string_view system) {
  active_.begin(trace::child(name_of(operation), trace::Kind::client));
  describe(operation, system);
}

void CallSpan::describe(const Operation& operation, std::string_view system) const {
  if (!active_) return;
  active_->set("rpc.system", std::string(system));
  active_->set("rpc.service", std::string(operation.module));
  active_->set("rpc.method", std::string(operation.name));
}

void CallSpan::tell(const Error* error) const {
  if (error != nullptr) active_->fail(error->reason());
}

}  // namespace emporion::rpc

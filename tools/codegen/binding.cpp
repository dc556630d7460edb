#include "tools/codegen/binding.hpp"

#include "emporion/options.pb.h"
#include "tools/codegen/fields.hpp"
#include "tools/codegen/http_rule.hpp"
#include "tools/codegen/names.hpp"
#include "tools/codegen/output.hpp"
#include "tools/codegen/routes.hpp"

namespace emporion::codegen {
namespace {

std::string local_name(const pb::ServiceDescriptor& service) { return "Local" + service.name(); }

Variables variables_of(const pb::MethodDescriptor& method) {
  return {{"method", identifier(snake_case(method.name()))},
          {"operation", snake_case(method.name())},
          {"request", cpp_name(*method.input_type(), *method.file())},
          {"response", cpp_name(*method.output_type(), *method.file())},
          {"local", local_name(*method.service())},
          {"module", method.service()->options().GetExtension(emporion::module)}};
}

void print_names(Output& out, const std::string& name, const pb::RepeatedPtrField<std::string>& values) {
  if (values.empty()) return;
  out.print("constexpr std::string_view " + name + "[] = {");
  for (const auto& value : values) out.print(literal(value) + ", ");
  out.print("};\n");
}

// The constants of access that an operation points to.
void print_access(Output& out, const pb::MethodDescriptor& method) {
  const auto& access = method.options().GetExtension(emporion::access);
  const std::string name = snake_case(method.name());
  print_names(out, name + "_staff", access.staff());
  print_names(out, name + "_services", access.service());
}

void print_operation(Output& out, const pb::MethodDescriptor& method) {
  const auto& options = method.options();
  const auto& access = options.GetExtension(emporion::access);
  const auto rule = http_rule_of(method);
  const std::string name = snake_case(method.name());
  const int deadline = options.GetExtension(emporion::deadline_ms);
  const int body_max = options.GetExtension(emporion::body_max_bytes);
  const auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
  out.print({{"name", identifier(name)},
             {"operation", name},
             {"module", method.service()->options().GetExtension(emporion::module)},
             {"guest", flag(access.guest())},
             {"customer", flag(access.customer())},
             {"staff", access.staff().empty() ? "nullptr" : name + "_staff"},
             {"staff_count", std::to_string(access.staff_size())},
             {"services", access.service().empty() ? "nullptr" : name + "_services"},
             {"service_count", std::to_string(access.service_size())},
             {"idempotent", flag(options.GetExtension(emporion::idempotent))},
             {"deadline", std::to_string(deadline > 0                  ? deadline
                                         : rule && rule->verb == "get" ? 2'000
                                                                       : 10'000)},
             {"body_max", std::to_string(body_max > 0 ? body_max : 1 << 20)},
             {"rate_policy", options.GetExtension(emporion::rate_policy)}},
            R"(constinit const rpc::Operation $name$ = {
    .module = "$module$",
    .name = "$operation$",
    .guest = $guest$,
    .customer = $customer$,
    .staff = $staff$,
    .staff_count = $staff_count$,
    .services = $services$,
    .service_count = $service_count$,
    .idempotent = $idempotent$,
    .deadline_ms = $deadline$,
    .body_max_bytes = $body_max$,
    .rate_policy = "$rate_policy$",
};
)");
}

void print_local_call(Output& out, const pb::MethodDescriptor& method) {
  out.print(variables_of(method), R"(
Task<Result<$response$>> $local$::$method$(CallContext context, $request$ request) {
  const UtcTime started = clock_.now();
  const rpc::CallSpan span(operations::$method$);
  EMP_FAULT_PAUSE("$module$.$operation$.send");
  if (auto entered = enter(operations::$method$, "$module$.$operation$.send", context, clock_, started, request); !entered) co_return fail(std::move(entered).error());
  auto answer = co_await target_.$method$(std::move(context), std::move(request));
  EMP_FAULT_PAUSE("$module$.$operation$.ack");
  leave(operations::$method$, "$module$.$operation$.ack", clock_, started, answer);
  co_return answer;
}
)");
}

}  // namespace

std::string binding_header(const pb::FileDescriptor& file) {
  Output out;
  out.print("// Generated from " + file.name() + " by tools/codegen. Edit the contract instead.\n#pragma once\n\n#include \"" + stem(file) + ".hpp\"\n");
  out.print(R"(#include "kernel/base/time.hpp"
#include "kernel/http/router.hpp"
#include "kernel/rpc/binding.hpp"

)");
  out.print("namespace " + cpp_namespace(file) + " {\n");
  for (int i = 0; i < file.service_count(); ++i) {
    const auto& service = *file.service(i);
    const Variables names = {{"api", service.name()}, {"local", local_name(service)}};
    out.print("\nnamespace operations {\n");
    for (int k = 0; k < service.method_count(); ++k) out.print(variables_of(*service.method(k)), "extern const rpc::Operation $method$;\n");
    out.print(names, R"(}  // namespace operations

/// $api$ in the same process. Each call is checked (no open transaction, access, key, deadline, field rules) and counted, then goes to `target`.
class $local$ final : public $api$ {
 public:
  $local$($api$& target, const Clock& clock) : target_(target), clock_(clock) {}

)");
    for (int k = 0; k < service.method_count(); ++k) {
      out.print(variables_of(*service.method(k)), "  Task<Result<$response$>> $method$(CallContext context, $request$ request) override;\n");
    }
    out.print(names, R"(
 private:
  $api$& target_;
  const Clock& clock_;
};

/// Adds a route for each operation that has one; they call `api`, which outlives the router. Errors: DUPLICATE_ROUTE, INVALID_ROUTE.
Result<> add_routes(http::Router& router, $api$& api);
)");
  }
  out.print("\n}  // namespace " + cpp_namespace(file) + "\n");
  return out.finish();
}

std::string binding_source(const pb::FileDescriptor& file) {
  Output out;
  out.print("// Generated from " + file.name() + " by tools/codegen. Edit the contract instead.\n#include \"" + stem(file) + "_binding.hpp\"\n");
  out.print(R"(
#include <utility>

#include "kernel/async/fault_pause.hpp"
#include "kernel/base/text.hpp"
#include "kernel/http/pages.hpp"
#include "kernel/http/parameters.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/json/fields.hpp"
#include "kernel/money/money_json.hpp"
#include "kernel/rpc/call_span.hpp"

)");
  out.print("namespace " + cpp_namespace(file) + " {\nnamespace {\n\n");
  for (int i = 0; i < file.service_count(); ++i) {
    const auto& service = *file.service(i);
    for (int k = 0; k < service.method_count(); ++k) print_access(out, *service.method(k));
  }
  if (file.service_count() > 0 && file.service(0)->method_count() > 0) {
    out.print(R"(
// Functions of their own, so that the coroutines stay small.
template <typename Request>
[[gnu::noinline]] Result<> enter(const rpc::Operation& operation, [[maybe_unused]] std::string_view fault_point, const CallContext& context, const Clock& clock,
                                 UtcTime started, const Request& request) {
  Result<> entered = rpc::admit(operation, context, started);
  if (entered) {
    json::Reader reader;
    check_rules(request, reader);
    if (!reader.ok()) entered = fail(reader.to_error());
  }
  if (entered) {
    static_cast<void>(EMP_FAULT_POINT(fault_point));
  } else {
    rpc::record_call(operation, &entered.error(), clock.now() - started);
  }
  return entered;
}

template <typename Response>
[[gnu::noinline]] void leave(const rpc::Operation& operation, [[maybe_unused]] std::string_view fault_point, const Clock& clock, UtcTime started, Result<Response>& answer) {
  if (EMP_FAULT_POINT(fault_point)) answer = fail(ErrorKind::deadline_exceeded, "ANSWER_LOST", text(operation.module, ".", operation.name, " answered, but the answer was lost"));
  rpc::record_call(operation, answer ? nullptr : &answer.error(), clock.now() - started);
}
)");
  }
  out.print("\n}  // namespace\n");
  for (int i = 0; i < file.service_count(); ++i) {
    const auto& service = *file.service(i);
    out.print("\nnamespace operations {\n");
    for (int k = 0; k < service.method_count(); ++k) print_operation(out, *service.method(k));
    out.print("}  // namespace operations\n");
    for (int k = 0; k < service.method_count(); ++k) print_local_call(out, *service.method(k));
    print_routes(out, service);
  }
  out.print("\n}  // namespace " + cpp_namespace(file) + "\n");
  return out.finish();
}

}  // namespace emporion::codegen

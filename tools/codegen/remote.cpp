#include "tools/codegen/remote.hpp"

#include <functional>
#include <map>
#include <set>

#include "emporion/options.pb.h"
#include "tools/codegen/fields.hpp"
#include "tools/codegen/output.hpp"

namespace emporion::codegen {
namespace {

Variables variables_of(const pb::MethodDescriptor& method) {
  return {{"method", identifier(snake_case(method.name()))},
          {"request", cpp_name(*method.input_type(), *method.file())},
          {"response", cpp_name(*method.output_type(), *method.file())},
          {"path", "/" + method.service()->full_name() + "/" + method.name()},
          {"api", method.service()->name()}};
}

}  // namespace

std::string remote_header(const pb::FileDescriptor& file) {
  Output out;
  out.print("// Generated from " + file.name() +
            " by tools/codegen. Edit the contract instead.\n#pragma once\n\n#include <memory>\n#include <utility>\n\n#include \"" + stem(file) +
            ".hpp\"\n#include \"kernel/remote/channel.hpp\"\n#include \"kernel/remote/route.hpp\"\n#include \"kernel/remote/services.hpp\"\n\nnamespace " +
            cpp_namespace(file) + " {\n");
  for (int i = 0; i < file.service_count(); ++i) {
    const auto& service = *file.service(i);
    const Variables names = {{"api", service.name()}};
    out.print(names, R"(
/// $api$ in another process. No transaction may be open (asserted); everything else is checked there, as it is in one process.
/// Errors besides those of $api$: see remote::Channel::call.
class Remote$api$ final : public $api$ {
 public:
  explicit Remote$api$(std::shared_ptr<remote::Channel> channel) : channel_(std::move(channel)) {}

)");
    for (int k = 0; k < service.method_count(); ++k) {
      out.print(variables_of(*service.method(k)), "  Task<Result<$response$>> $method$(CallContext context, $request$ request) override;\n");
    }
    out.print(names, R"(
 private:
  std::shared_ptr<remote::Channel> channel_;
};

/// $api$ in this process or in another one, as `route` says at each call. `route` outlives it.
class Routed$api$ final : public $api$ {
 public:
  Routed$api$(remote::Route& route, std::shared_ptr<remote::Channel> channel) : route_(route), away_(std::move(channel)) {}

)");
    for (int k = 0; k < service.method_count(); ++k) {
      out.print(variables_of(*service.method(k)), "  Task<Result<$response$>> $method$(CallContext context, $request$ request) override;\n");
    }
    out.print(names, R"(
 private:
  remote::Route& route_;
  Remote$api$ away_;
};

/// Offers each operation of `api`, a binding that checks its calls and outlives `services`.
void serve(remote::Services& services, $api$& api);
)");
  }
  out.print("\n}  // namespace " + cpp_namespace(file) + "\n");
  return out.finish();
}

std::string remote_source(const pb::FileDescriptor& file) {
  Output out;
  out.print("// Generated from " + file.name() + " by tools/codegen. Edit the contract instead.\n#include \"" + stem(file) + "_remote.hpp\"\n\n#include \"" +
            stem(file) + "_binding.hpp\"\n#include \"" + stem(file) + "_wire.hpp\"\n#include \"kernel/remote/call.hpp\"\n\nnamespace " + cpp_namespace(file) +
            " {\n");
  for (int i = 0; i < file.service_count(); ++i) {
    const auto& service = *file.service(i);
    for (int k = 0; k < service.method_count(); ++k) {
      out.print(variables_of(*service.method(k)), R"(
Task<Result<$response$>> Remote$api$::$method$(CallContext context, $request$ request) {
  return remote::call<$response$>(*channel_, operations::$method$, "$path$", std::move(context), request);
}

Task<Result<$response$>> Routed$api$::$method$(CallContext context, $request$ request) {
  return remote::through<$api$, $request$, $response$>(route_, away_, &$api$::$method$, std::move(context), std::move(request));
}
)");
    }
    out.print({{"api", service.name()}}, "\nvoid serve([[maybe_unused]] remote::Services& services, [[maybe_unused]] $api$& api) {\n");
    for (int k = 0; k < service.method_count(); ++k) {
      out.print(variables_of(*service.method(k)), "  remote::offer(services, operations::$method$, \"$path$\", api, &$api$::$method$);\n");
    }
    out.print("}\n");
  }
  out.print("\n}  // namespace " + cpp_namespace(file) + "\n");
  return out.finish();
}

std::string remotes_header() {
  return R"(// Generated from all contracts by tools/codegen.
#pragma once

#include <memory>
#include <string_view>

#include "kernel/base/result.hpp"
#include "kernel/http/router.hpp"
#include "kernel/remote/channel.hpp"
#include "kernel/remote/route.hpp"
#include "kernel/remote/services.hpp"
#include "kernel/rpc/calls.hpp"

namespace emporion::contracts {

/// Binds every contract of `module` to a client of the process at the other end of `channel`.
void bind_remote(std::string_view module, std::shared_ptr<remote::Channel> channel, Calls& calls);
/// Binds every contract of `module` to wherever `route` leads: to what is in this process, or over `channel`. `route` outlives `calls`.
void bind_routed(std::string_view module, remote::Route& route, std::shared_ptr<remote::Channel> channel, Calls& calls);
/// Offers every contract of `module`, as bound in `calls`, to other processes. `calls` outlives `services`.
void serve(std::string_view module, const Calls& calls, remote::Services& services);
/// Adds the public routes of `module`, wherever it runs, over what is bound in `calls`. Errors: DUPLICATE_ROUTE, INVALID_ROUTE.
Result<> add_routes(std::string_view module, const Calls& calls, http::Router& router);

}  // namespace emporion::contracts
)";
}

std::string remotes_source(const std::vector<const pb::FileDescriptor*>& files) {
  std::map<std::string, std::vector<std::string>> apis;  // By module, with their namespaces.
  std::set<std::string> includes;
  for (const auto* file : files) {
    for (int i = 0; i < file->service_count(); ++i) {
      apis[file->service(i)->options().GetExtension(emporion::module)].push_back(cpp_namespace(*file) + "::" + file->service(i)->name());
      includes.insert({stem(*file) + "_binding.hpp", stem(*file) + "_remote.hpp"});
    }
  }
  Output out;
  out.print("// Generated from all contracts by tools/codegen.\n#include \"contracts/remotes.hpp\"\n\n");
  for (const auto& header : includes) out.print("#include \"" + header + "\"\n");
  out.print("\nnamespace emporion::contracts {\n");
  const auto print_all = [&](const std::string& begin, const std::function<std::string(const std::string& name, const std::string& scope)>& line,
                             const std::string& end) {
    out.print(begin);
    for (const auto& [module, names] : apis) {
      out.print("  if (module == \"" + module + "\") {\n");
      for (const auto& name : names) out.print("    " + line(name, name.substr(0, name.rfind("::"))) + "\n");
      out.print("  }\n");
    }
    out.print(end);
  };
  print_all(
      "\nvoid bind_remote(std::string_view module, std::shared_ptr<remote::Channel> channel, Calls& calls) {\n",
      [](const std::string& name, const std::string& scope) {
        return "calls.bind<" + name + ">(std::make_shared<" + scope + "::Remote" + name.substr(scope.size() + 2) + ">(channel));";
      },
      "}\n");
  print_all(
      "\nvoid bind_routed(std::string_view module, remote::Route& route, std::shared_ptr<remote::Channel> channel, Calls& calls) {\n",
      [](const std::string& name, const std::string& scope) {
        return "calls.bind<" + name + ">(std::make_shared<" + scope + "::Routed" + name.substr(scope.size() + 2) + ">(route, channel));";
      },
      "}\n");
  print_all(
      "\nvoid serve(std::string_view module, const Calls& calls, remote::Services& services) {\n",
      [](const std::string& name, const std::string& scope) { return scope + "::serve(services, calls.get<" + name + ">());"; }, "}\n");
  print_all(
      "\nResult<> add_routes(std::string_view module, const Calls& calls, http::Router& router) {\n",
      [](const std::string& name, const std::string& scope) { return "EMP_TRY(" + scope + "::add_routes(router, calls.get<" + name + ">()));"; },
      "  return {};\n}\n");
  out.print("\n}  // namespace emporion::contracts\n");
  return out.finish();
}

}  // namespace emporion::codegen

#include "tools/codegen/routes.hpp"

#include <algorithm>
#include <iterator>

#include "emporion/options.pb.h"
#include "tools/codegen/fields.hpp"
#include "tools/codegen/http_rule.hpp"
#include "tools/codegen/json.hpp"
#include "tools/codegen/names.hpp"

namespace emporion::codegen {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

Variables variables_of(const pb::MethodDescriptor& method) {
  return {{"method", identifier(snake_case(method.name()))},
          {"operation", snake_case(method.name())},
          {"request", cpp_name(*method.input_type(), *method.file())},
          {"response", cpp_name(*method.output_type(), *method.file())},
          {"api", method.service()->name()}};
}

bool needs_own_body_reader(const pb::MethodDescriptor& method, const HttpRule& rule) {
  return rule.has_body && !rule.whole_body && static_cast<int>(rule.in_body.size()) != method.input_type()->field_count();
}

// One statement that fills a field from outside the body.
void print_part(Output& out, const pb::FieldDescriptor& field, const HttpRule& rule) {
  Variables variables = {{"field", field.name()}, {"member", cpp_name(field)}, {"rules", value_rules(field)}};
  const auto in_path = std::ranges::find(rule.in_path, &field);
  if (in_path != rule.in_path.end()) {
    variables["i"] = std::to_string(in_path - rule.in_path.begin());
    return out.print(variables, "  http::read_path(parameters[$i$], \"$field$\", reader, out.$member$$rules$);\n");
  }
  switch (place_of(field)) {
    case Place::header:
      variables["name"] = lower(field.options().GetExtension(emporion::header));
      return out.print(variables, "  http::read_header(request, \"$name$\", \"$field$\", reader, out.$member$$rules$);\n");
    case Place::cookie:
      variables["name"] = field.options().GetExtension(emporion::cookie);
      return out.print(variables, "  http::read_cookie(request, \"$name$\", \"$field$\", reader, out.$member$$rules$);\n");
    case Place::content_type: return out.print(variables, "  out.$member$ = request.header(\"content-type\");\n");
    case Place::all_headers: return out.print(variables, "  out.$member$ = http::all_headers(request);\n");
    case Place::client_address: return out.print(variables, "  if (context.client) out.$member$ = context.client->address;\n");
    case Place::raw_query:
      return out.print(variables, "  if (const auto at = request.target.find('?'); at != std::string::npos) out.$member$ = request.target.substr(at + 1);\n");
    case Place::raw_body: return out.print(variables, "  out.$member$ = request.body;\n");
    default: break;
  }
  if (is_list(field)) {
    variables["items"] = item_rules(field);
    return out.print(variables, "  http::read_query_items(request, \"$field$\", reader, out.$member$, $items$$rules$);\n");
  }
  out.print(variables, "  http::read_query(request, \"$field$\", reader, out.$member$$rules$);\n");
}

void print_request_reader(Output& out, const pb::MethodDescriptor& method, const HttpRule& rule) {
  const Variables variables = variables_of(method);
  if (needs_own_body_reader(method, rule)) {
    out.print(variables, "void read_$operation$_body(const json::Value& value, json::Reader& reader, $request$& out) {\n");
    print_read_body(out, variables.at("request"), rule.in_body);
    out.print("}\n\n");
  }
  out.print(variables, R"(Result<$request$> read_$operation$_request([[maybe_unused]] const CallContext& context, [[maybe_unused]] const http::Request& request,
                                 [[maybe_unused]] const http::PathParameters& parameters) {
  // Who may not call learns nothing about the request; the deadline is the binding's to judge.
  EMP_TRY(rpc::admit(operations::$method$, context, UtcTime()));
  json::Reader reader = json::Reader::of_outsiders();
  $request$ out;
)");
  for (const auto* field : rule.in_path) print_part(out, *field, rule);
  for (const auto* field : rule.in_query) print_part(out, *field, rule);
  for (const auto* field : rule.elsewhere) print_part(out, *field, rule);
  if (rule.raw_body) print_part(out, *rule.raw_body, rule);
  if (rule.has_body) {
    out.print("  EMP_ASSIGN(const auto document, json::Document::parse(request.body.empty() ? std::string_view(\"{}\") : std::string_view(request.body)));\n");
    if (needs_own_body_reader(method, rule)) {
      out.print(variables, "  read_$operation$_body(document.root(), reader, out);\n");
    } else if (rule.whole_body) {
      out.print({{"member", cpp_name(*rule.whole_body)}, {"call", read_member_call(*rule.whole_body, "out." + cpp_name(*rule.whole_body))}}, R"(  {
    using json::read_json;
    const json::Value member = document.root();
    json::Reader& at = reader;
    $call$;
  }
)");
    } else {
      out.print("  read_json(document.root(), reader, out);\n");
    }
  }
  out.print("  if (!reader.ok()) return fail(reader.to_error());\n  return out;\n}\n\n");
}

void print_response_writer(Output& out, const pb::MethodDescriptor& method) {
  const auto fields = fields_of(*method.output_type());
  std::vector<const pb::FieldDescriptor*> json_fields;
  std::ranges::copy_if(fields, std::back_inserter(json_fields), [](const auto* field) { return place_of(*field) == Place::json; });
  const bool created = method.options().GetExtension(emporion::created);
  const auto raw = std::ranges::find_if(fields, [](const auto* field) { return place_of(*field) == Place::raw_body; });
  Variables variables = variables_of(method);
  variables["status"] = created ? "201" : "200";
  const bool own_writer = raw == fields.end() && json_fields.size() != fields.size();
  if (own_writer) {
    out.print(variables, "void append_$operation$_body(std::string& out, [[maybe_unused]] const $response$& value) {\n");
    print_append_body(out, json_fields);
    out.print("}\n\n");
  }
  out.print(variables,
            R"(http::Response write_$operation$_response(Result<$response$>& result, const Uuid& trace, std::string_view path) {
  if (!result) return http::problem(result.error(), trace, path);
  [[maybe_unused]] $response$& answer = *result;
  http::Response response;
  response.status = $status$;
)");
  if (raw != fields.end()) {
    out.print({{"member", cpp_name(**raw)}}, "  response.content_type = \"application/octet-stream\";\n  response.body = std::move(answer.$member$);\n");
  } else if (own_writer) {
    out.print(variables, "  append_$operation$_body(response.body, answer);\n");
  } else {
    out.print("  append_json(response.body, answer);\n");
  }
  for (const auto* field : fields) {
    const bool optional = is_optional(*field);
    Variables part = {{"member", cpp_name(*field)},
                      {"if", optional ? "if (answer." + cpp_name(*field) + ") " : ""},
                      {"value", std::string(kind_of(*field) == Kind::string        ? ""
                                            : kind_of(*field) == Kind::enumeration ? "to_string("
                                                                                   : "text(") +
                                    (optional ? "*" : "") + "answer." + cpp_name(*field) + (kind_of(*field) == Kind::string ? "" : ")")}};
    switch (place_of(*field)) {
      case Place::header:
        part["name"] = field->options().GetExtension(emporion::header);
        out.print(part, "  $if$http::add_header(response, \"$name$\", $value$);\n");
        break;
      case Place::cookie:
        part["name"] = field->options().GetExtension(emporion::cookie);
        out.print(part, "  $if$http::add_cookie(response, \"$name$\", $value$);\n");
        break;
      case Place::status_code: out.print(part, "  if (answer.$member$ != 0) response.status = answer.$member$;\n"); break;
      case Place::content_type: out.print(part, "  if (!answer.$member$.empty()) response.content_type = std::move(answer.$member$);\n"); break;
      default: break;
    }
  }
  if (std::ranges::any_of(fields, [](const auto* field) { return place_of(*field) == Place::status_code; })) {
    out.print("  if (response.status == 204 || response.status == 304) response.body.clear();\n");
  }
  out.print("  return response;\n}\n\n");
}

const pb::FieldDescriptor& raw_body_of(const pb::Descriptor& message) {
  const auto fields = fields_of(message);
  return **std::ranges::find_if(fields, [](const auto* field) { return place_of(*field) == Place::raw_body; });
}

// The first page decides status and headers; what follows is made while it is sent.
void print_streamed_handler(Output& out, const pb::MethodDescriptor& method) {
  Variables variables = variables_of(method);
  variables["bytes"] = cpp_name(raw_body_of(*method.output_type()));
  out.print(variables,
            R"(Task<http::Response> handle_$operation$($api$& api, CallContext context, const http::Request& request, http::PathParameters parameters) {
  const Uuid trace = context.trace;
  auto read = read_$operation$_request(context, request, parameters);
  if (!read) co_return http::problem(read.error(), trace, request.path);
  auto answer = co_await api.$method$(context, *read);
  std::optional<std::string> next;
  if (answer) next = std::exchange(answer->next_page_token, std::nullopt);
  http::Response response = write_$operation$_response(answer, trace, request.path);
  if (next) {
    response.rest = std::make_shared<http::PagedBody<$api$, $request$, $response$>>(api, &$api$::$method$, &$response$::$bytes$, operations::$method$, std::move(context), std::move(*read), std::move(next));
  }
  co_return response;
}

)");
}

void print_handler(Output& out, const pb::MethodDescriptor& method) {
  if (method.options().GetExtension(emporion::streamed)) return print_streamed_handler(out, method);
  out.print(variables_of(method),
            R"(Task<http::Response> handle_$operation$($api$& api, CallContext context, const http::Request& request, http::PathParameters parameters) {
  const Uuid trace = context.trace;
  auto read = read_$operation$_request(context, request, parameters);
  if (!read) co_return http::problem(read.error(), trace, request.path);
  auto answer = co_await api.$method$(std::move(context), std::move(*read));
  co_return write_$operation$_response(answer, trace, request.path);
}

)");
}

void print_route(Output& out, const pb::MethodDescriptor& method, const HttpRule& rule) {
  const auto& access = method.options().GetExtension(emporion::access);
  Variables variables = variables_of(method);
  variables["verb"] = rule.verb == "delete" ? "del" : rule.verb;
  variables["path"] = rule.path;
  variables["public"] = access.guest() || access.customer() || !access.staff().empty() ? "true" : "false";
  out.print(variables, R"(  EMP_TRY(router.add({.method = http::Method::$verb$,
                      .path_template = "$path$",
                      .operation = &operations::$method$,
                      .is_public = $public$,
                      .handle = [&api](CallContext context, const http::Request& request, http::PathParameters parameters) {
                        return handle_$operation$(api, std::move(context), request, std::move(parameters));
                      }}));
)");
}

}  // namespace

void print_routes(Output& out, const pb::ServiceDescriptor& service) {
  out.print("\nnamespace {\n\n");
  for (int i = 0; i < service.method_count(); ++i) {
    const auto& method = *service.method(i);
    const auto rule = http_rule_of(method);
    if (!rule) continue;
    print_request_reader(out, method, *rule);
    print_response_writer(out, method);
    print_handler(out, method);
  }
  out.print({{"api", service.name()}}, "}  // namespace\n\nResult<> add_routes([[maybe_unused]] http::Router& router, [[maybe_unused]] $api$& api) {\n");
  for (int i = 0; i < service.method_count(); ++i) {
    if (const auto rule = http_rule_of(*service.method(i))) print_route(out, *service.method(i), *rule);
  }
  out.print("  return {};\n}\n");
}

}  // namespace emporion::codegen

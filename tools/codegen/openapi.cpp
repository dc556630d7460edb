#include "tools/codegen/openapi.hpp"

#include <algorithm>
#include <iterator>

#include "emporion/options.pb.h"
#include "tools/codegen/fields.hpp"
#include "tools/codegen/http_rule.hpp"
#include "tools/codegen/names.hpp"
#include "tools/codegen/schemas.hpp"

namespace emporion::codegen {
namespace {

JsonTree parameter(Schemas& schemas, const pb::FieldDescriptor& field, std::string_view in, std::string_view name) {
  auto out = JsonTree::object().set("name", name).set("in", in);
  if (in == "path" || is_required(field)) out.set("required", true);
  if (const auto comment = comment_of(field); !comment.empty()) out.set("description", comment);
  return out.set("schema", schemas.of_field(field, false));
}

JsonTree parameters(Schemas& schemas, const pb::MethodDescriptor& method, const HttpRule& rule) {
  auto out = JsonTree::array();
  for (const auto* field : rule.in_path) out.add(parameter(schemas, *field, "path", field->name()));
  for (const auto* field : rule.in_query) out.add(parameter(schemas, *field, "query", field->name()));
  for (const auto* field : rule.elsewhere) {
    if (place_of(*field) == Place::header) out.add(parameter(schemas, *field, "header", field->options().GetExtension(emporion::header)));
    if (place_of(*field) == Place::cookie) out.add(parameter(schemas, *field, "cookie", field->options().GetExtension(emporion::cookie)));
  }
  if (method.options().GetExtension(emporion::idempotent)) {
    out.add(JsonTree::object()
                .set("name", "Idempotency-Key")
                .set("in", "header")
                .set("required", true)
                .set("description", "1 to 255 printable characters. A repeat with the same key has the first call's effect and answer.")
                .set("schema", JsonTree::object().set("type", "string").set("minLength", std::int64_t{1}).set("maxLength", std::int64_t{255})));
  }
  return out;
}

JsonTree content(std::string_view media_type, JsonTree schema) {
  return JsonTree::object().set(media_type, JsonTree::object().set("schema", std::move(schema)));
}

JsonTree request_body(Schemas& schemas, const pb::MethodDescriptor& method, const HttpRule& rule) {
  auto out = JsonTree::object().set("required", true);
  if (rule.raw_body) return out.set("content", content("*/*", JsonTree::object()));
  if (rule.whole_body) return out.set("content", content("application/json", schemas.of_field(*rule.whole_body)));
  const bool all = static_cast<int>(rule.in_body.size()) == method.input_type()->field_count();
  return out.set("content", content("application/json", all ? schemas.reference(*method.input_type()) : schemas.of_object(rule.in_body)));
}

JsonTree answer(Schemas& schemas, const pb::MethodDescriptor& method) {
  const auto fields = fields_of(*method.output_type());
  std::vector<const pb::FieldDescriptor*> in_json;
  std::ranges::copy_if(fields, std::back_inserter(in_json), [](const auto* field) { return place_of(*field) == Place::json; });
  auto out = JsonTree::object().set("description", "The answer.");
  auto headers = JsonTree::object();
  for (const auto* field : fields) {
    if (place_of(*field) == Place::header)
      headers.set(field->options().GetExtension(emporion::header), JsonTree::object().set("schema", schemas.of_field(*field)));
  }
  if (!headers.empty()) out.set("headers", std::move(headers));
  if (std::ranges::any_of(fields, [](const auto* field) { return place_of(*field) == Place::raw_body; }))
    return out.set("content", content("*/*", JsonTree::object()));
  return out.set("content",
                 content("application/json", in_json.size() == fields.size() ? schemas.reference(*method.output_type()) : schemas.of_object(in_json)));
}

JsonTree security(const emporion::Access& access) {
  auto out = JsonTree::array();
  if (access.guest()) out.add(JsonTree::object());
  return out.add(JsonTree::object().set("bearer", JsonTree::array()));
}

JsonTree operation(Schemas& schemas, const pb::MethodDescriptor& method, const HttpRule& rule) {
  const auto& options = method.options();
  const auto& access = options.GetExtension(emporion::access);
  const std::string& module = method.service()->options().GetExtension(emporion::module);
  const std::string comment = comment_of(method);
  auto out = JsonTree::object().set("operationId", module + "." + snake_case(method.name())).set("tags", JsonTree::array().add(module));
  if (!comment.empty()) out.set("summary", comment.substr(0, std::min(comment.find('\n'), comment.find(". ")))).set("description", comment);
  if (auto list = parameters(schemas, method, rule); !list.empty()) out.set("parameters", std::move(list));
  if (rule.has_body || rule.raw_body) out.set("requestBody", request_body(schemas, method, rule));
  out.set("responses", JsonTree::object()
                           .set(options.GetExtension(emporion::created) ? "201" : "200", answer(schemas, method))
                           .set("default", JsonTree::object().set("$ref", "#/components/responses/Problem")));
  out.set("security", security(access));
  if (access.staff_size() > 0) {
    auto permissions = JsonTree::array();
    for (const auto& permission : access.staff()) permissions.add(permission);
    out.set("x-staff-permissions", std::move(permissions));
  }
  return out;
}

JsonTree money_schema() {
  const auto integer = [] { return JsonTree::object().set("type", "integer").set("format", "int64"); };
  return JsonTree::object()
      .set("type", "object")
      .set("required", JsonTree::array().add("amount").add("currency"))
      .set("properties", JsonTree::object()
                             .set("amount", integer().set("description", "Minor units."))
                             .set("currency", JsonTree::object().set("type", "string").set("description", "ISO 4217 code.")));
}

JsonTree problem_schema() {
  const auto text = [](std::string_view description) { return JsonTree::object().set("type", "string").set("description", description); };
  return JsonTree::object()
      .set("type", "object")
      .set("required", JsonTree::array().add("type").add("title").add("status").add("reason"))
      .set("properties", JsonTree::object()
                             .set("type", text("A URI for the sort of problem."))
                             .set("title", text("The status in words."))
                             .set("status", JsonTree::object().set("type", "integer"))
                             .set("detail", text("For people."))
                             .set("instance", text("The request's path."))
                             .set("reason", text("UPPER_SNAKE and stable: what clients branch on."))
                             .set("metadata", JsonTree::object()
                                                  .set("type", "object")
                                                  .set("description", "Facts about the problem; for a malformed request `errors`, with a JSON Pointer each."))
                             .set("trace_id", text("Names this request in logs and traces.")));
}

}  // namespace

std::string openapi_json(const std::vector<const pb::FileDescriptor*>& files) {
  Schemas schemas;
  auto paths = JsonTree::object();
  for (const auto* file : files) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int k = 0; k < file->service(i)->method_count(); ++k) {
        const auto& method = *file->service(i)->method(k);
        const auto& access = method.options().GetExtension(emporion::access);
        const auto rule = http_rule_of(method);
        if (!rule || (!access.guest() && !access.customer() && access.staff().empty())) continue;
        paths.at(rule->path).set(rule->verb, operation(schemas, method, *rule));
      }
    }
  }
  auto components = JsonTree::object();
  components.set("schemas", JsonTree::object().set("Money", money_schema()).set("Problem", problem_schema()));
  for (const auto& [name, schema] : schemas.all()) components.at("schemas").set(name, schema);
  const auto problem = content("application/problem+json", JsonTree::object().set("$ref", "#/components/schemas/Problem"));
  components.set("responses",
                 JsonTree::object().set("Problem", JsonTree::object().set("description", "A refusal or a failure (RFC 9457).").set("content", problem)));
  components.set("securitySchemes",
                 JsonTree::object().set("bearer", JsonTree::object().set("type", "http").set("scheme", "bearer").set("bearerFormat", "JWT")));
  return JsonTree::object()
      .set("openapi", "3.1.0")
      .set("info", JsonTree::object()
                       .set("title", "Emporion")
                       .set("version", "v1")
                       .set("description", "Generated from the contracts. Errors are application/problem+json."))
      .set("paths", std::move(paths))
      .set("components", std::move(components))
      .text();
}

std::string openapi_header() {
  return R"(// Generated from all contracts by tools/codegen.
#pragma once

#include <string_view>

namespace emporion {

/// OpenAPI 3.1 of every operation that can be reached from outside.
std::string_view openapi_json() noexcept;

}  // namespace emporion
)";
}

std::string openapi_source(const std::string& document) {
  return R"(// Generated from all contracts by tools/codegen.
#include "contracts/openapi.hpp"

#pragma clang diagnostic ignored "-Woverlength-strings"

namespace emporion {

std::string_view openapi_json() noexcept {
  return R"openapi()" +
         document + R"()openapi";
}

}  // namespace emporion
)";
}

}  // namespace emporion::codegen

#include "tools/codegen/http_rule.hpp"

#include <algorithm>

#include "emporion/options.pb.h"
#include "google/api/annotations.pb.h"
#include "tools/codegen/fields.hpp"

namespace emporion::codegen {
namespace {

std::vector<std::string> parameters_of(const std::string& path) {
  std::vector<std::string> out;
  for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{', open + 1)) {
    out.push_back(path.substr(open + 1, path.find('}', open) - open - 1));
  }
  return out;
}

void fill_verb(const google::api::HttpRule& option, HttpRule& out) {
  const auto set = [&](const char* verb, const std::string& path) {
    if (path.empty()) return;
    out.verb = verb;
    out.path = path;
  };
  set("get", option.get());
  set("post", option.post());
  set("put", option.put());
  set("patch", option.patch());
  set("delete", option.delete_());
}

}  // namespace

std::optional<HttpRule> http_rule_of(const pb::MethodDescriptor& method) {
  if (!method.options().HasExtension(google::api::http)) return std::nullopt;
  const auto& option = method.options().GetExtension(google::api::http);
  HttpRule out;
  fill_verb(option, out);
  const auto names = parameters_of(out.path);
  for (const auto& name : names) {
    if (const auto* field = method.input_type()->FindFieldByName(name)) out.in_path.push_back(field);
  }
  for (const auto* field : fields_of(*method.input_type())) {
    if (std::ranges::find(names, field->name()) != names.end()) continue;
    if (place_of(*field) == Place::raw_body) {
      out.raw_body = field;
    } else if (place_of(*field) != Place::json) {
      out.elsewhere.push_back(field);
    } else if (option.body() == "*") {
      out.in_body.push_back(field);
    } else if (option.body() == field->name()) {
      out.whole_body = field;
    } else {
      out.in_query.push_back(field);
    }
  }
  out.has_body = !out.raw_body && !option.body().empty();
  return out;
}

std::vector<std::string> http_problems(const pb::MethodDescriptor& method) {
  std::vector<std::string> out;
  const auto rule = http_rule_of(method);
  if (!rule) return out;
  const auto& option = method.options().GetExtension(google::api::http);
  if (rule->verb.empty() || option.additional_bindings_size() > 0)
    out.push_back("the http option is one of get, post, put, patch, delete with a path, and no more");
  if (!rule->path.starts_with('/')) out.push_back("a path starts with /");
  for (const auto& name : parameters_of(rule->path)) {
    const auto* field = method.input_type()->FindFieldByName(name);
    if (!field) {
      out.push_back("the path names {" + name + "}, which is no field of " + method.input_type()->name());
    } else if (!is_scalar(kind_of(*field)) || !is_required(*field) || place_of(*field) != Place::json) {
      out.push_back("the path field " + name + " must be one plain scalar without optional");
    }
  }
  const auto parts = parameters_of(rule->path);
  for (const auto& name : parts) {
    if (std::ranges::count(parts, name) > 1) {
      out.push_back("the path names {" + name + "} twice");
      break;
    }
  }
  if (!option.body().empty() && option.body() != "*" && !rule->whole_body)
    out.push_back("body names '" + option.body() + "', which is no free field of the request");
  if (!option.body().empty() && (rule->verb == "get")) out.push_back("a GET has no body");
  if (rule->raw_body && (!rule->in_body.empty() || rule->whole_body)) out.push_back("the request has a raw body and other body fields");
  if (rule->whole_body && kind_of(*rule->whole_body) == Kind::bytes) out.push_back("a body of bytes is declared as raw_body");
  for (const auto* field : rule->in_query) {
    if (!is_scalar(kind_of(*field)) || field->is_map())
      out.push_back("the field " + field->name() + " cannot come from the query; the http option has no body for it");
  }
  return out;
}

}  // namespace emporion::codegen

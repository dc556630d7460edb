#include "tools/codegen/checks.hpp"

#include <algorithm>
#include <set>

#include "emporion/options.pb.h"
#include "tools/codegen/fields.hpp"
#include "tools/codegen/http_rule.hpp"
#include "tools/codegen/names.hpp"

namespace emporion::codegen {
namespace {

class Checker {
 public:
  explicit Checker(const pb::FileDescriptor& file) : file_(file) {}

  std::vector<std::string> run() {
    if (!file_.package().starts_with("emporion.") || !file_.package().ends_with(".v1")) {
      refuse(file_.name() + ":1", "the package is emporion.<module>.v1, not '" + file_.package() + "'");
    }
    for (int i = 0; i < file_.extension_count(); ++i) refuse(*file_.extension(i), "extensions are not allowed in a contract");
    const Declarations declarations = declarations_of(file_);
    for (const auto* message : declarations.recursive)
      refuse(*message, message->name() + " holds itself; a contract's messages are values, so give an id or a flat list instead");
    for (const auto* enumeration : declarations.enums) check_enum(*enumeration);
    for (const auto* message : declarations.messages) check_message(*message);
    if (file_.service_count() > 1) refuse(*file_.service(1), "one service per file");
    if (file_.service_count() > 0 && !stem(file_).ends_with("_api")) refuse(*file_.service(0), "a service stands in <module>_api.proto");
    for (int i = 0; i < file_.service_count(); ++i) check_service(*file_.service(i));
    return std::move(problems_);
  }

 private:
  void refuse(const std::string& place, const std::string& message) { problems_.push_back(place + ": " + message); }
  template <typename Descriptor>
  void refuse(const Descriptor& descriptor, const std::string& message) {
    pb::SourceLocation location;
    const int line = descriptor.GetSourceLocation(&location) ? location.start_line + 1 : 1;
    refuse(file_.name() + ":" + std::to_string(line), message);
  }

  void check_enum(const pb::EnumDescriptor& enumeration) {
    const std::string prefix = upper_snake_case(enumeration.name()) + "_";
    for (int i = 0; i < enumeration.value_count(); ++i) {
      const auto& value = *enumeration.value(i);
      if (!value.name().starts_with(prefix)) refuse(value, value.name() + " must start with " + prefix);
      if (value.number() < 0 || value.number() > 255) refuse(value, value.name() + " must lie in 0 to 255");
    }
  }

  void check_message(const pb::Descriptor& message) {
    for (int i = 0; i < message.real_oneof_decl_count(); ++i) refuse(*message.oneof_decl(i), "oneof is not supported; use optional fields");
    if (message.extension_range_count() > 0 || message.extension_count() > 0) refuse(message, "extensions are not allowed in a contract");
    if (message.field_count() > 128) refuse(message, message.name() + " has more than 128 fields");
    int raw_bodies = 0;
    int json_fields = 0;
    for (const auto* field : fields_of(message)) {
      check_field(*field);
      raw_bodies += place_of(*field) == Place::raw_body ? 1 : 0;
      json_fields += place_of(*field) == Place::json ? 1 : 0;
      if (place_of(*field) == Place::raw_body && raw_bodies == 2) refuse(*field, message.name() + " has two raw bodies");
    }
    if (raw_bodies == 1 && is_answer(message) && json_fields > 0) refuse(message, message.name() + " has a raw body and other body fields");
    const std::string& topic = message.options().GetExtension(emporion::topic);
    const auto is_topic_char = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '.'; };
    if (!topic.empty() && (std::ranges::count(topic, '.') != 2 || !std::ranges::all_of(topic, is_topic_char))) {
      refuse(message, "a topic is <module>.<entity>.<past_participle>, not '" + topic + "'");
    }
  }

  bool is_answer(const pb::Descriptor& message) const {
    for (int i = 0; i < file_.service_count(); ++i) {
      for (int k = 0; k < file_.service(i)->method_count(); ++k) {
        if (file_.service(i)->method(k)->output_type() == &message) return true;
      }
    }
    return false;
  }

  void check_field(const pb::FieldDescriptor& field) {
    const Kind kind = kind_of(field);
    const auto& options = field.options();
    if (field.type() == pb::FieldDescriptor::TYPE_DOUBLE || field.type() == pb::FieldDescriptor::TYPE_FLOAT) {
      return refuse(field, field.name() + ": no floats in a contract; use integers in small units or a decimal string");
    }
    if (kind == Kind::unsupported) {
      const std::string type = field.message_type() ? field.message_type()->full_name() : field.type_name();
      return refuse(field, field.name() + ": type " + type + " is not supported; see docs/contracts.md");
    }
    if (field.is_map() && field.message_type()->map_key()->type() != pb::FieldDescriptor::TYPE_STRING)
      refuse(field, field.name() + ": a map's key is a string");
    if (field.is_repeated() && kind == Kind::bytes) refuse(field, field.name() + ": repeated bytes are not supported");
    const auto& type = value_field(field).type();
    if (options.GetExtension(emporion::uuid) && type != pb::FieldDescriptor::TYPE_STRING) refuse(field, field.name() + ": uuid stands on a string");
    check_rules(field, kind);
    check_place(field, kind);
  }

  void check_rules(const pb::FieldDescriptor& field, Kind kind) {
    const auto& rules = field.options().GetExtension(emporion::rules);
    const bool integer = kind == Kind::int32 || kind == Kind::int64;
    if ((rules.has_min() || rules.has_max()) && !integer) refuse(field, field.name() + ": min and max are for integers");
    if ((rules.has_min_length() || rules.has_max_length()) && kind != Kind::string && kind != Kind::bytes)
      refuse(field, field.name() + ": lengths are for strings and bytes");
    if ((rules.has_min_items() || rules.has_max_items()) && !field.is_repeated()) refuse(field, field.name() + ": numbers of items are for repeated fields");
    if (rules.min_length() < 0 || rules.max_length() < 0 || rules.min_items() < 0 || rules.max_items() < 0)
      refuse(field, field.name() + ": a length is not negative");
  }

  void check_place(const pb::FieldDescriptor& field, Kind kind) {
    const Place place = place_of(field);
    const auto wants = [&](bool condition, const std::string& message) {
      if (!condition) refuse(field, field.name() + ": " + message);
    };
    switch (place) {
      case Place::json: break;
      case Place::header:
      case Place::cookie: wants(is_scalar(kind) && !field.is_repeated(), "a header or cookie is one scalar"); break;
      case Place::status_code: wants(kind == Kind::int32 && is_required(field), "status_code is an int32"); break;
      case Place::raw_body: wants(kind == Kind::bytes && is_required(field), "raw_body is bytes"); break;
      case Place::content_type:
      case Place::client_address:
      case Place::raw_query: wants(kind == Kind::string && is_required(field), "content_type, client_address and raw_query are strings"); break;
      case Place::all_headers: wants(field.is_map() && kind == Kind::string, "all_headers is a map<string, string>"); break;
    }
  }

  void check_service(const pb::ServiceDescriptor& service) {
    if (service.options().GetExtension(emporion::module).empty()) refuse(service, "option (emporion.module) is missing");
    std::set<std::string> names;
    for (int i = 0; i < service.method_count(); ++i) {
      const auto& method = *service.method(i);
      if (!names.insert(snake_case(method.name())).second) refuse(method, method.name() + ": two operations have one name in C++");
      if (method.client_streaming() || method.server_streaming()) refuse(method, method.name() + ": streaming is not supported");
      const auto& access = method.options().GetExtension(emporion::access);
      if (!access.guest() && !access.customer() && access.staff().empty() && access.service().empty())
        refuse(method, method.name() + " has no (emporion.access)");
      for (const auto* message : {method.input_type(), method.output_type()}) {
        if (message->file()->package() == "google.protobuf") refuse(method, method.name() + ": use a message of the contract, not " + message->full_name());
      }
      if (method.options().GetExtension(emporion::streamed)) check_streamed(method);
      for (const auto& problem : http_problems(method)) refuse(method, method.name() + ": " + problem);
    }
  }

  void check_streamed(const pb::MethodDescriptor& method) {
    const auto is_optional_text = [](const pb::FieldDescriptor* field) { return field != nullptr && kind_of(*field) == Kind::string && is_optional(*field); };
    const auto rule = http_rule_of(method);
    const auto* next = method.output_type()->FindFieldByName("next_page_token");
    const auto fields = fields_of(*method.output_type());
    const bool has_raw_body = std::ranges::any_of(fields, [](const auto* field) { return place_of(*field) == Place::raw_body; });
    const bool is_paged = is_optional_text(method.input_type()->FindFieldByName("page_token")) && is_optional_text(next) && place_of(*next) == Place::header;
    if (!rule || rule->verb != "get" || !has_raw_body || !is_paged) {
      refuse(method, method.name() +
                         ": a streamed operation is a GET with an optional page_token; it answers a raw body and an optional next_page_token that is a header");
    }
  }

  const pb::FileDescriptor& file_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> problems_of(const pb::FileDescriptor& file) { return Checker(file).run(); }

}  // namespace emporion::codegen

#include "tools/codegen/schemas.hpp"

#include "emporion/options.pb.h"
#include "tools/codegen/fields.hpp"
#include "tools/codegen/names.hpp"

namespace emporion::codegen {
namespace {

// emporion.order.v1 and Order.Line → order.OrderLine
template <typename Descriptor>
std::string schema_name(const Descriptor& descriptor) {
  const std::string& package = descriptor.file()->package();
  const auto start = package.find('.') + 1;
  return package.substr(start, package.rfind('.') - start) + "." + flat_name(descriptor);
}

JsonTree reference_to(const std::string& name) { return JsonTree::object().set("$ref", "#/components/schemas/" + name); }

JsonTree typed(std::string_view type, std::string_view format = {}) {
  auto out = JsonTree::object().set("type", type);
  if (!format.empty()) out.set("format", format);
  return out;
}

}  // namespace

JsonTree Schemas::reference(const pb::Descriptor& message) {
  const std::string name = schema_name(message);
  if (!all_.contains(name)) {
    all_.emplace(name, JsonTree::object());  // Messages do not hold themselves, but several may hold this one.
    auto schema = of_object(fields_of(message));
    if (const auto comment = comment_of(message); !comment.empty()) schema.set("description", comment);
    all_.at(name) = std::move(schema);
  }
  return reference_to(name);
}

JsonTree Schemas::reference(const pb::EnumDescriptor& enumeration) {
  const std::string name = schema_name(enumeration);
  if (!all_.contains(name)) {
    auto values = JsonTree::array();
    std::string meanings;
    for (int i = has_unspecified(enumeration) ? 1 : 0; i < enumeration.value_count(); ++i) {
      values.add(value_name(*enumeration.value(i)));
      if (const auto comment = comment_of(*enumeration.value(i)); !comment.empty()) meanings += "\n- `" + value_name(*enumeration.value(i)) + "`: " + comment;
    }
    auto schema = typed("string").set("enum", std::move(values));
    const std::string description = comment_of(enumeration) + meanings;
    if (!description.empty()) schema.set("description", description);
    all_.emplace(name, std::move(schema));
  }
  return reference_to(name);
}

JsonTree Schemas::of_value(const pb::FieldDescriptor& field) {
  const auto& rules = field.options().GetExtension(emporion::rules);
  switch (kind_of(field)) {
    case Kind::boolean: return typed("boolean");
    case Kind::int32:
    case Kind::int64: {
      auto out = typed("integer", kind_of(field) == Kind::int32 ? "int32" : "int64");
      if (rules.has_min()) out.set("minimum", std::int64_t{rules.min()});
      if (rules.has_max()) out.set("maximum", std::int64_t{rules.max()});
      return out;
    }
    case Kind::string: {
      auto out = typed("string");
      // The rules count bytes and JSON Schema counts characters, so only these follow.
      if (rules.min_length() > 0) out.set("minLength", std::int64_t{1});
      out.set("maxLength", std::int64_t{rules.has_max_length() ? rules.max_length() : 4096});
      return out;
    }
    case Kind::bytes: return typed("string").set("contentEncoding", "base64");
    case Kind::uuid: return typed("string", "uuid");
    case Kind::time: return typed("string", "date-time");
    case Kind::money: return reference_to("Money");
    case Kind::enumeration: return reference(*value_field(field).enum_type());
    case Kind::message: return reference(*value_field(field).message_type());
    default: return JsonTree::object();
  }
}

JsonTree Schemas::of_field(const pb::FieldDescriptor& field, bool with_description) {
  const auto& rules = field.options().GetExtension(emporion::rules);
  auto out = of_value(field);
  if (field.is_map()) {
    out = typed("object").set("additionalProperties", std::move(out));
  } else if (is_list(field)) {
    out = typed("array").set("items", std::move(out));
    if (rules.min_items() > 0) out.set("minItems", std::int64_t{rules.min_items()});
    out.set("maxItems", std::int64_t{rules.has_max_items() ? rules.max_items() : 2000});
  }
  if (const auto comment = comment_of(field); with_description && !comment.empty()) out.set("description", comment);
  return out;
}

JsonTree Schemas::of_object(const std::vector<const pb::FieldDescriptor*>& fields) {
  auto properties = JsonTree::object();
  auto required = JsonTree::array();
  for (const auto* field : fields) {
    properties.set(field->name(), of_field(*field));
    if (is_required(*field) || field->options().GetExtension(emporion::rules).min_items() > 0) required.add(field->name());
  }
  auto out = typed("object");
  if (!required.empty()) out.set("required", std::move(required));
  if (!properties.empty()) out.set("properties", std::move(properties));
  return out;
}

}  // namespace emporion::codegen

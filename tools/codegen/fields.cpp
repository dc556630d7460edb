#include "tools/codegen/fields.hpp"

#include <set>

#include "emporion/options.pb.h"
#include "tools/codegen/names.hpp"

namespace emporion::codegen {
namespace {

std::string qualified(const std::string& name, const pb::FileDescriptor& declared, const pb::FileDescriptor& from) {
  return declared.package() == from.package() ? name : "::" + cpp_namespace(declared) + "::" + name;
}

std::string single_type(const pb::FieldDescriptor& field) {
  switch (kind_of(field)) {
    case Kind::boolean: return "bool";
    case Kind::int32: return "std::int32_t";
    case Kind::int64: return "std::int64_t";
    case Kind::string:
    case Kind::bytes: return "std::string";
    case Kind::uuid: return "Uuid";
    case Kind::time: return "UtcTime";
    case Kind::money: return "Money";
    case Kind::raw: return "json::Raw";
    case Kind::enumeration: return cpp_name(*field.enum_type(), *field.file());
    case Kind::message: return cpp_name(*field.message_type(), *field.file());
    case Kind::unsupported: break;
  }
  return "void";
}

// Texts from outside are refused if they hold the number of a payment card. These fields hold other long numbers, one in ten of which would pass for one (ADR
// 0012). What people write that is long by nature and could still be a card by mistake: refused by the shape of the brands' numbers.
const std::set<std::string> long_by_nature = {"account_number", "base_sku", "device_id", "id",       "identifier", "order_number",
                                              "phone",          "sku",      "skus",      "tax_code", "tax_id"};
// What machines and labels say: nobody types a card number there.
const std::set<std::string> of_machines = {"bank_txn_id",
                                           "barcode",
                                           "cause_id",
                                           "courier_reference",
                                           "evaluation_hash",
                                           "external_reference",
                                           "group_key",
                                           "guest_key",
                                           "idem_key",
                                           "image",
                                           "logo",
                                           "method_id",
                                           "page_token",
                                           "payment_intent",
                                           "payment_intent_client_secret",
                                           "provider_ref",
                                           "refresh_token",
                                           "scan_id",
                                           "shipping_fingerprint",
                                           "shipping_tracking_number",
                                           "source_event_id",
                                           "token",
                                           "tracking_number",
                                           "tracking_numbers",
                                           "url"};

// The search for card numbers in a field's text, as it is written behind its lengths; empty for the strictest.
std::string card_search(const pb::FieldDescriptor& field) {
  const Place place = place_of(field);
  if (place == Place::header || place == Place::cookie || of_machines.contains(field.name())) return ", CardSearch::none";
  return long_by_nature.contains(field.name()) ? ", CardSearch::by_shape" : "";
}

class Sorter {
 public:
  explicit Sorter(Declarations& out) : out_(out) {}

  void visit(const pb::Descriptor& message) {
    if (message.options().map_entry() || done_.contains(&message)) return;
    if (!open_.insert(&message).second) {
      out_.recursive.push_back(&message);
      return;
    }
    for (int i = 0; i < message.nested_type_count(); ++i) visit(*message.nested_type(i));
    for (int i = 0; i < message.enum_type_count(); ++i) {
      if (seen_enums_.insert(message.enum_type(i)).second) out_.enums.push_back(message.enum_type(i));
    }
    for (const auto* field : fields_of(message)) {
      const auto& value = value_field(*field);
      if (kind_of(value) == Kind::message && value.message_type()->file() == message.file()) visit(*value.message_type());
    }
    open_.erase(&message);
    done_.insert(&message);
    out_.messages.push_back(&message);
  }

 private:
  Declarations& out_;
  std::set<const pb::Descriptor*> open_;
  std::set<const pb::Descriptor*> done_;
  std::set<const pb::EnumDescriptor*> seen_enums_;
};

}  // namespace

const pb::FieldDescriptor& value_field(const pb::FieldDescriptor& field) { return field.is_map() ? *field.message_type()->map_value() : field; }

Kind kind_of(const pb::FieldDescriptor& declared) {
  const auto& field = value_field(declared);
  switch (field.type()) {
    case pb::FieldDescriptor::TYPE_BOOL: return Kind::boolean;
    case pb::FieldDescriptor::TYPE_INT32: return Kind::int32;
    case pb::FieldDescriptor::TYPE_INT64: return Kind::int64;
    case pb::FieldDescriptor::TYPE_BYTES: return Kind::bytes;
    case pb::FieldDescriptor::TYPE_STRING: return declared.options().GetExtension(emporion::uuid) ? Kind::uuid : Kind::string;
    case pb::FieldDescriptor::TYPE_ENUM: return Kind::enumeration;
    case pb::FieldDescriptor::TYPE_MESSAGE: {
      const std::string& name = field.message_type()->full_name();
      if (name == "google.protobuf.Timestamp") return Kind::time;
      if (name == "emporion.Money") return Kind::money;
      if (name == "emporion.Json") return Kind::raw;
      return name.starts_with("google.") ? Kind::unsupported : Kind::message;
    }
    default: return Kind::unsupported;
  }
}

bool is_scalar(Kind kind) { return kind != Kind::bytes && kind != Kind::money && kind != Kind::raw && kind != Kind::message && kind != Kind::unsupported; }
bool is_list(const pb::FieldDescriptor& field) { return field.is_repeated() && !field.is_map(); }
bool is_optional(const pb::FieldDescriptor& field) { return field.has_optional_keyword(); }
bool is_required(const pb::FieldDescriptor& field) { return !field.is_repeated() && !is_optional(field); }

std::string cpp_type(const pb::FieldDescriptor& field) {
  std::string single;
  if (field.is_map()) {
    single = kind_of(field) == Kind::uuid ? "Uuid" : single_type(value_field(field));
    return "std::map<std::string, " + single + ">";
  }
  single = single_type(field);
  if (is_list(field)) return "std::vector<" + single + ">";
  return is_optional(field) ? "std::optional<" + single + ">" : single;
}

std::string cpp_initialiser(const pb::FieldDescriptor& field) {
  if (!is_required(field)) return {};
  switch (kind_of(field)) {
    case Kind::boolean: return " = false";
    case Kind::int32:
    case Kind::int64: return " = 0";
    case Kind::enumeration: return " = " + cpp_name(*field.enum_type(), *field.file()) + "::" + identifier(value_name(*field.enum_type()->value(0)));
    default: return {};
  }
}

std::string cpp_name(const pb::FieldDescriptor& field) { return identifier(field.name()); }
std::string cpp_name(const pb::Descriptor& message, const pb::FileDescriptor& from) { return qualified(flat_name(message), *message.file(), from); }
std::string cpp_name(const pb::EnumDescriptor& enumeration, const pb::FileDescriptor& from) {
  return qualified(flat_name(enumeration), *enumeration.file(), from);
}

std::string value_rules(const pb::FieldDescriptor& field) {
  const auto& rules = field.options().GetExtension(emporion::rules);
  switch (kind_of(field)) {
    case Kind::int32:
    case Kind::int64: {
      if (!rules.has_min() && !rules.has_max()) return {};
      std::string out = ", json::IntegerRules{";
      if (rules.has_min()) out += ".min = " + std::to_string(rules.min()) + (rules.has_max() ? ", " : "");
      if (rules.has_max()) out += ".max = " + std::to_string(rules.max());
      return out + "}";
    }
    case Kind::string: {
      const std::string cards = card_search(field);
      if (!rules.has_min_length() && !rules.has_max_length() && cards.empty()) return {};
      return ", json::StringRules{" + std::to_string(rules.min_length()) + ", " + std::to_string(rules.has_max_length() ? rules.max_length() : 4096) + cards +
             "}";
    }
    case Kind::bytes:
      if (!rules.has_min_length() && !rules.has_max_length()) return {};
      return ", json::StringRules{" + std::to_string(rules.min_length()) + ", " +
             (rules.has_max_length() ? std::to_string(rules.max_length()) : std::string("json::any_bytes.max_length")) + "}";
    default: return {};
  }
}

std::string item_rules(const pb::FieldDescriptor& field) {
  const auto& rules = field.options().GetExtension(emporion::rules);
  if (!rules.has_min_items() && !rules.has_max_items()) return "json::ItemRules{}";
  return "json::ItemRules{" + std::to_string(rules.min_items()) + ", " + std::to_string(rules.has_max_items() ? rules.max_items() : 2000) + "}";
}

Place place_of(const pb::FieldDescriptor& field) {
  const auto& options = field.options();
  if (!options.GetExtension(emporion::header).empty()) return Place::header;
  if (!options.GetExtension(emporion::cookie).empty()) return Place::cookie;
  if (options.GetExtension(emporion::status_code)) return Place::status_code;
  if (options.GetExtension(emporion::raw_body)) return Place::raw_body;
  if (options.GetExtension(emporion::content_type)) return Place::content_type;
  if (options.GetExtension(emporion::all_headers)) return Place::all_headers;
  if (options.GetExtension(emporion::client_address)) return Place::client_address;
  if (options.GetExtension(emporion::raw_query)) return Place::raw_query;
  return Place::json;
}

std::vector<const pb::FieldDescriptor*> fields_of(const pb::Descriptor& message) {
  std::vector<const pb::FieldDescriptor*> out;
  for (int i = 0; i < message.field_count(); ++i) out.push_back(message.field(i));
  return out;
}

Declarations declarations_of(const pb::FileDescriptor& file) {
  Declarations out;
  for (int i = 0; i < file.enum_type_count(); ++i) out.enums.push_back(file.enum_type(i));
  Sorter sorter(out);
  for (int i = 0; i < file.message_type_count(); ++i) sorter.visit(*file.message_type(i));
  return out;
}

bool has_unspecified(const pb::EnumDescriptor& enumeration) { return value_name(*enumeration.value(0)) == "unspecified"; }

}  // namespace emporion::codegen

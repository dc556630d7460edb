#pragma once

#include <google/protobuf/descriptor.h>

#include <functional>
#include <string>
#include <vector>

namespace emporion::codegen {

namespace pb = google::protobuf;

/// What one value of a field is in C++, whatever its repetition.
enum class Kind { boolean, int32, int64, string, bytes, uuid, time, money, raw, enumeration, message, unsupported };

/// Of a map field: the kind of its values.
Kind kind_of(const pb::FieldDescriptor& field);
bool is_scalar(Kind kind);  ///< Can stand in a path, a query, a header or a cookie.

/// For a map its value, else the field itself.
const pb::FieldDescriptor& value_field(const pb::FieldDescriptor& field);
bool is_list(const pb::FieldDescriptor& field);      ///< repeated, but no map.
bool is_optional(const pb::FieldDescriptor& field);  ///< Declared `optional`.
bool is_required(const pb::FieldDescriptor& field);  ///< Must be present in JSON.

/// The C++ type of the member, with its namespace where that is not the field's own.
std::string cpp_type(const pb::FieldDescriptor& field);
/// Its initialiser, " = false" or the like, or nothing.
std::string cpp_initialiser(const pb::FieldDescriptor& field);
std::string cpp_name(const pb::FieldDescriptor& field);
/// The type's name as seen from `from`.
std::string cpp_name(const pb::Descriptor& message, const pb::FileDescriptor& from);
std::string cpp_name(const pb::EnumDescriptor& enumeration, const pb::FileDescriptor& from);

/// The rules of a single value as further arguments of a read or check function: ", json::StringRules{1, 40}", or nothing for the defaults.
std::string value_rules(const pb::FieldDescriptor& field);
/// json::ItemRules{…} of a list or a map.
std::string item_rules(const pb::FieldDescriptor& field);

/// Where a request's field comes from, or where a response's goes.
enum class Place { json, header, cookie, status_code, raw_body, content_type, all_headers, client_address, raw_query };
Place place_of(const pb::FieldDescriptor& field);

std::vector<const pb::FieldDescriptor*> fields_of(const pb::Descriptor& message);

/// All messages and enums of a file, nested ones included, each after those it holds. Map entries are left out.
struct Declarations {
  std::vector<const pb::EnumDescriptor*> enums;
  std::vector<const pb::Descriptor*> messages;
  std::vector<const pb::Descriptor*> recursive;  ///< Messages that hold themselves; not among `messages`.
};
Declarations declarations_of(const pb::FileDescriptor& file);

/// An enum's first value when it stands for "not said": its name ends in _UNSPECIFIED.
bool has_unspecified(const pb::EnumDescriptor& enumeration);

}  // namespace emporion::codegen

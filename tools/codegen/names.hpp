#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>

namespace emporion::codegen {

namespace pb = google::protobuf;

/// ReserveStock → reserve_stock, GetURLPart → get_url_part.
std::string snake_case(std::string_view name);
std::string upper_snake_case(std::string_view name);
/// The name with an underscore after it if C++ reserves it.
std::string identifier(std::string_view name);
/// emporion.warehouse.v1 → emporion::warehouse::v1
std::string cpp_namespace(const pb::FileDescriptor& file);
/// Order.Line → OrderLine: nested declarations stand beside the outer one.
std::string flat_name(const pb::Descriptor& message);
std::string flat_name(const pb::EnumDescriptor& enumeration);
/// PAYMENT_METHOD_CREDIT_CARD of enum PaymentMethod → credit_card, as in JSON.
std::string value_name(const pb::EnumValueDescriptor& value);
/// contracts/x/y/v1/y_api.proto → contracts/x/y/v1/y_api
std::string stem(const pb::FileDescriptor& file);
/// `text` as a C++ string literal, quotes included.
std::string literal(std::string_view text);

/// The comment before (or after) a declaration, as lines without slashes.
std::string comment_of(const pb::SourceLocation& location);
template <typename Descriptor>
std::string comment_of(const Descriptor& descriptor) {
  pb::SourceLocation location;
  return descriptor.GetSourceLocation(&location) ? comment_of(location) : std::string();
}
/// The comment as `///` lines, each indented, or nothing.
std::string doc_lines(std::string_view comment, std::string_view indent);

}  // namespace emporion::codegen

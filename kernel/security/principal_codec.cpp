#include "kernel/security/principal_codec.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "kernel/json/value.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::security {
namespace {

constexpr auto realm_names = std::to_array<std::string_view>({"guest", "customer", "staff", "service"});  // In the order of Realm.

std::unexpected<Error> unreadable() {
  return fail(ErrorKind::unauthenticated, "PRINCIPAL_UNREADABLE", "who is acting cannot be read: both ends have to be of one version");
}

std::optional<std::string> text_of(const json::Value& claims, std::string_view name) {
  const auto member = claims.member(name);
  const auto value = member ? member->string() : std::nullopt;
  if (!value) return std::nullopt;
  return std::string(*value);
}

Result<Uuid> uuid_of(const json::Value& claims, std::string_view name) {
  auto id = Uuid::parse(text_of(claims, name).value_or(""));
  if (!id) return unreadable();
  return id;
}

}  // namespace

std::string principal_to_json(const Principal& principal) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  writer.key("realm").string(realm_names[static_cast<std::size_t>(principal.realm)]).key("id").string(principal.id.to_string());
  writer.key("session").string(principal.session.to_string()).key("service").string(principal.service).key("permissions").begin_array();
  for (const auto& permission : principal.permissions) writer.string(permission);
  writer.end_array();
  if (principal.acting_staff) writer.key("acting_staff").string(principal.acting_staff->to_string());
  writer.end_object();
  return out;
}

Result<Principal> principal_from_json(std::string_view text) {
  const auto document = json::Document::parse(text);
  if (!document || document->root().type() != json::Type::object) return unreadable();
  const json::Value claims = document->root();
  Principal out;
  const auto* realm = std::ranges::find(realm_names, text_of(claims, "realm").value_or(""));
  const auto permissions = claims.member("permissions");
  if (realm == realm_names.end() || !permissions || permissions->type() != json::Type::array) return unreadable();
  out.realm = static_cast<Realm>(realm - realm_names.begin());
  EMP_ASSIGN(out.id, uuid_of(claims, "id"));
  EMP_ASSIGN(out.session, uuid_of(claims, "session"));
  out.service = text_of(claims, "service").value_or("");
  permissions->for_each_element([&](json::Value permission) {
    out.permissions.emplace_back(permission.string().value_or(""));
    return true;
  });
  if (claims.member("acting_staff")) {
    EMP_ASSIGN(out.acting_staff, uuid_of(claims, "acting_staff"));
  }
  return out;
}

}  // namespace emporion::security

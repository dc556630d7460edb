#include "modules/product/catalog/adapters/postgres/attributes.hpp"

#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"
#include "kernel/postgres/answer_once.hpp"
#include "modules/product/catalog/app/product_form.hpp"

namespace emporion::catalog {
namespace {

using postgres::Effect;
using postgres::Statement;

constexpr Statement list_definitions{"catalog.list_attributes", "SELECT attribute_document(a) FROM attribute_definition a ORDER BY code"};
constexpr Statement get_definition{"catalog.get_attribute", "SELECT attribute_document(a) FROM attribute_definition a WHERE code = $1::text"};
constexpr Statement save_definition{"catalog.save_attribute", "SELECT attribute_save($1::text, $2::int8, $3::jsonb, $4::uuid)", Effect::writes};
constexpr Statement delete_definition{"catalog.delete_attribute", "SELECT attribute_delete($1::text, $2::int8, $3::uuid)", Effect::writes};

}  // namespace

Task<Result<v1::ListAttributesResponse>> Attributes::list(CallContext, v1::ListAttributesRequest) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_definitions));
  v1::ListAttributesResponse out;
  for (const auto row : rows) {
    EMP_CO_ASSIGN(auto definition, parse_json<v1::AttributeDefinition>(row.get<std::string>(0)));
    out.attributes.push_back(std::move(definition));
  }
  co_return out;
}

Task<Result<v1::AttributeDefinition>> Attributes::get(CallContext, v1::GetAttributeRequest request) {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(get_definition, request.code));
  if (rows.empty()) co_return fail(Error(ErrorKind::not_found, "ATTRIBUTE_NOT_FOUND", text("no attribute ", request.code)).with("code", request.code));
  co_return parse_json<v1::AttributeDefinition>(rows[0].get<std::string>(0));
}

Task<Result<v1::AttributeDefinition>> Attributes::create(CallContext context, v1::CreateAttributeRequest request) {
  EMP_CO_TRY(check_definition(to_domain(request.code, request.attribute)));
  auto statement = postgres::bind(save_definition, request.code, std::optional<std::int64_t>(), json::Raw{to_json(request.attribute)}, context.trace);
  co_return co_await postgres::answer_once<v1::AttributeDefinition>(database_, std::move(context), "catalog.create_attribute", std::move(request),
                                                                    std::move(statement));
}

Task<Result<v1::AttributeDefinition>> Attributes::update(CallContext context, v1::UpdateAttributeRequest request) {
  EMP_CO_TRY(check_definition(to_domain(request.code, request.attribute)));
  EMP_CO_ASSIGN(const auto rows,
                co_await database_.query(save_definition, request.code, std::optional(request.version), json::Raw{to_json(request.attribute)}, context.trace));
  co_return parse_json<v1::AttributeDefinition>(rows[0].get<std::string>(0));
}

Task<Result<v1::DeleteAttributeResponse>> Attributes::remove(CallContext context, v1::DeleteAttributeRequest request) {
  EMP_CO_TRY(co_await database_.query(delete_definition, request.code, request.version, context.trace));
  co_return v1::DeleteAttributeResponse();
}

Task<Result<std::shared_ptr<const AttributeDefinitions>>> Attributes::definitions() {
  EMP_CO_ASSIGN(const auto rows, co_await database_.query(list_definitions));
  auto out = std::make_shared<AttributeDefinitions>();
  for (const auto row : rows) {
    EMP_CO_ASSIGN(const auto definition, parse_json<v1::AttributeDefinition>(row.get<std::string>(0)));
    out->emplace(definition.code, to_domain(definition));
  }
  co_return std::shared_ptr<const AttributeDefinitions>(std::move(out));
}

}  // namespace emporion::catalog

#include "modules/logistics/location/api/module.hpp"

#include <memory>
#include <utility>

#include "contracts/logistics/location/v1/location_api_binding.hpp"
#include "modules/logistics/location/adapters/postgres/location_store.hpp"
#include "modules/logistics/location/app/location_service.hpp"

namespace emporion::location {
namespace {

class LocationModule final : public Module {
 public:
  explicit LocationModule(ModuleContext context)
      : context_(std::move(context)),
        store_(context_.database),
        service_(store_, context_.database, context_.clock, context_.random),
        binding_(std::make_shared<v1::LocalLocationApi>(service_, context_.clock)) {}

  void bind(Calls& calls) override { calls.bind<v1::LocationApi>(binding_); }
  Result<> routes(http::Router& router) override { return v1::add_routes(router, *binding_); }
  Task<Result<>> start() override { return service_.load(); }

 private:
  ModuleContext context_;
  PostgresLocationStore store_;
  LocationService service_;
  std::shared_ptr<v1::LocalLocationApi> binding_;
};

}  // namespace

ModuleDefinition definition() {
  return {
      .name = "location",
      .migrations = migrations(),
      .create = [](ModuleContext context) -> std::unique_ptr<Module> { return std::make_unique<LocationModule>(std::move(context)); },
      .audit_checks =
          {
              {"L-I1 a place lies in its parent's country, at a lower level",
               "SELECT l.id::text, l.code FROM location l JOIN location p ON p.id = l.parent_id WHERE p.country_code <> l.country_code OR p.level >= l.level"},
              {"L-I2 a path is the chain of parents",
               "SELECT l.id::text, l.code FROM location l LEFT JOIN location p ON p.id = l.parent_id WHERE l.path <> coalesce(p.path, '{}') || l.id"},
              {"L-I5 nothing active lies below something inactive",
               "SELECT l.id::text, l.code FROM location l JOIN location p ON p.id = l.parent_id WHERE l.is_active AND NOT p.is_active"},
          },
  };
}

}  // namespace emporion::location

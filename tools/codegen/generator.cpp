#include "tools/codegen/generator.hpp"

#include "tools/codegen/binding.hpp"
#include "tools/codegen/checks.hpp"
#include "tools/codegen/descriptors.hpp"
#include "tools/codegen/json.hpp"
#include "tools/codegen/names.hpp"
#include "tools/codegen/openapi.hpp"
#include "tools/codegen/output.hpp"
#include "tools/codegen/registry.hpp"
#include "tools/codegen/remote.hpp"
#include "tools/codegen/samples.hpp"
#include "tools/codegen/structs.hpp"
#include "tools/codegen/wire.hpp"

namespace emporion::codegen {
namespace {

bool refuse(const std::vector<std::string>& problems, std::string* error) {
  for (const auto& problem : problems) *error += "\n" + problem;
  return problems.empty();
}

bool generate_whole(const std::vector<const pb::FileDescriptor*>& files, pb::compiler::GeneratorContext& context, std::string* error) {
  for (const auto* file : files) {
    if (!refuse(problems_of(*file), error)) return false;
  }
  const Registry registry = registry_of(files);
  if (!refuse(registry.problems, error)) return false;
  const std::string openapi = openapi_json(files);
  write_file(context, "contracts/openapi.json", openapi);
  write_file(context, "contracts/openapi.hpp", openapi_header());
  write_file(context, "contracts/openapi.cpp", openapi_source(openapi));
  write_file(context, "contracts/contracts_graph.txt", graph_text(registry));
  write_file(context, "contracts/topics.hpp", topics_header());
  write_file(context, "contracts/topics.cpp", topics_source(registry));
  write_file(context, "contracts/remotes.hpp", remotes_header());
  write_file(context, "contracts/remotes.cpp", remotes_source(files));
  write_file(context, "contracts/events_test.cpp", events_test(files));
  write_file(context, "contracts/message_readers.hpp", message_readers_header());
  write_file(context, "contracts/message_readers.cpp", message_readers_source(files));
  return true;
}

}  // namespace

bool Generator::Generate(const pb::FileDescriptor* file, const std::string&, pb::compiler::GeneratorContext* context, std::string* error) const {
  if (!refuse(problems_of(*file), error)) return false;
  write_file(*context, stem(*file) + ".hpp", struct_header(*file));
  write_file(*context, stem(*file) + ".cpp", struct_source(*file));
  if (stem(*file).ends_with("_events")) return true;  // Events travel as the JSON that lies in their outbox.
  write_file(*context, stem(*file) + "_wire.hpp", wire_header(*file));
  write_file(*context, stem(*file) + "_wire.cpp", wire_source(*file));
  if (stem(*file).ends_with("_api")) {
    write_file(*context, stem(*file) + "_remote.hpp", remote_header(*file));
    write_file(*context, stem(*file) + "_remote.cpp", remote_source(*file));
    write_file(*context, stem(*file) + "_binding.hpp", binding_header(*file));
    write_file(*context, stem(*file) + "_binding.cpp", binding_source(*file));
  }
  return true;
}

bool Generator::GenerateAll(const std::vector<const pb::FileDescriptor*>& files, const std::string& parameter, pb::compiler::GeneratorContext* context,
                            std::string* error) const {
  if (parameter == "mode=whole") return generate_whole(files, *context, error);
  if (parameter == "mode=descriptors") {
    write_file(*context, "contracts/descriptors.hpp", descriptors_header());
    write_file(*context, "contracts/descriptors.cpp", descriptors_source(files));
    return true;
  }
  for (const auto* file : files) {
    if (!Generate(file, parameter, context, error)) return false;
  }
  return true;
}

}  // namespace emporion::codegen

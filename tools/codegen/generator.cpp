#include "tools/codegen/generator.hpp"

#include "tools/codegen/binding.hpp"
#include "tools/codegen/checks.hpp"
#include "tools/codegen/json.hpp"
#include "tools/codegen/names.hpp"
#include "tools/codegen/output.hpp"
#include "tools/codegen/structs.hpp"

namespace emporion::codegen {
namespace {

bool refuse(const std::vector<std::string>& problems, std::string* error) {
  for (const auto& problem : problems) *error += "\n" + problem;
  return problems.empty();
}

}  // namespace

bool Generator::Generate(const pb::FileDescriptor* file, const std::string&, pb::compiler::GeneratorContext* context, std::string* error) const {
  if (!refuse(problems_of(*file), error)) return false;
  write_file(*context, stem(*file) + ".hpp", struct_header(*file));
  write_file(*context, stem(*file) + ".cpp", struct_source(*file));
  if (stem(*file).ends_with("_api")) {
    write_file(*context, stem(*file) + "_binding.hpp", binding_header(*file));
    write_file(*context, stem(*file) + "_binding.cpp", binding_source(*file));
  }
  return true;
}

bool Generator::GenerateAll(const std::vector<const pb::FileDescriptor*>& files, const std::string& parameter, pb::compiler::GeneratorContext* context,
                            std::string* error) const {
  for (const auto* file : files) {
    if (!Generate(file, parameter, context, error)) return false;
  }
  return true;
}

}  // namespace emporion::codegen

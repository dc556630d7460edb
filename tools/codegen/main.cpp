#include <google/protobuf/compiler/plugin.h>

#include "tools/codegen/generator.hpp"

int main(int argc, char* argv[]) {
  const emporion::codegen::Generator generator;
  return google::protobuf::compiler::PluginMain(argc, argv, &generator);
}

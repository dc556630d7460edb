#pragma once

#include <google/protobuf/compiler/code_generator.h>
#include <google/protobuf/io/printer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <map>
#include <memory>
#include <string>

namespace emporion::codegen {

using Variables = std::map<std::string, std::string>;

/// One generated file in the making: text in which $name$ stands for a variable.
class Output {
 public:
  void print(const Variables& variables, const std::string& text) { printer_->Print(variables, text.c_str()); }
  void print(const std::string& text) { printer_->PrintRaw(text); }
  void indent() { printer_->Indent(); }
  void outdent() { printer_->Outdent(); }
  std::string finish() {
    printer_.reset();
    return std::move(text_);
  }

 private:
  std::string text_;
  google::protobuf::io::StringOutputStream stream_{&text_};
  std::unique_ptr<google::protobuf::io::Printer> printer_ = std::make_unique<google::protobuf::io::Printer>(&stream_, '$');
};

/// Writes a whole file of the plugin's answer.
inline void write_file(google::protobuf::compiler::GeneratorContext& context, const std::string& name, const std::string& text) {
  const std::unique_ptr<google::protobuf::io::ZeroCopyOutputStream> stream(context.Open(name));
  google::protobuf::io::Printer(stream.get(), '$').PrintRaw(text);
}

}  // namespace emporion::codegen

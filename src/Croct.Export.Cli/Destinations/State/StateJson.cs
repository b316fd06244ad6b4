using System.Text.Json;
using System.Text.Json.Serialization;

namespace Croct.Export.Cli.Destinations.State;

/// <summary>Reads and writes a state without reflection: a trimmed program has only the members that code refers to.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    WriteIndented = true,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ExportState))]
internal sealed partial class StateJson : JsonSerializerContext;

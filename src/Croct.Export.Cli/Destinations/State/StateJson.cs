using System.Text.Json;
using System.Text.Json.Serialization;

namespace Croct.Export.Cli.Destinations.State;

/// <summary>How a state is read and written, without reflection: a trimmed program has only the members that code names.</summary>
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

using Croct.Export.Json;

namespace Croct.Export.Http;

/// <summary>One request of an operation of the contract.</summary>
/// <param name="Operation">The operationId.</param>
/// <param name="Url">Path and query, relative to the base address.</param>
/// <param name="Read">The reader of the response.</param>
internal readonly record struct ExportRequest<T>(string Operation, string Url, ReadModel<T> Read);

using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Text.Json;
using Croct.Export.Sandbox;

namespace Croct.Export.Tests.Sandbox;

/// <summary>The internals of the sandbox, for behavior that only shows with a contract other than that of the build.</summary>
internal static class Inside
{
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    public static Type TypeOf(string name) => typeof(SandboxServer).Assembly.GetType($"Croct.Export.{name}", throwOnError: true)!;

    public static object New(string type, params object?[] arguments) => Activator.CreateInstance(TypeOf(type), Any, binder: null, arguments, culture: null)!;

    /// <summary>Calls the method with this name and number of parameters.</summary>
    public static object? Call(object of, string method, params object?[] arguments)
    {
        var (type, target) = of is Type asType ? (asType, null) : (of.GetType(), of);
        try
        {
            return type.GetMethods(Any).Single(other => other.Name == method && other.GetParameters().Length == arguments.Length).Invoke(target, arguments);
        }
        catch (TargetInvocationException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerException!);
            throw;
        }
    }

    public static object? Value(object of, string property) =>
        of is Type type ? type.GetProperty(property, Any)!.GetValue(null) : of.GetType().GetProperty(property, Any)!.GetValue(of);

    public static Array ArrayOf(Type type, IReadOnlyList<object> elements)
    {
        var array = Array.CreateInstance(type, elements.Count);
        for (var index = 0; index < elements.Count; index++) array.SetValue(elements[index], index);
        return array;
    }

    /// <summary>The schemas of a contract, as the sandbox reads them.</summary>
    /// <param name="schemas">The schemas by name, as resolved by the build.</param>
    public static object Schemas(string schemas)
    {
        using var document = JsonDocument.Parse($$"""{"streams":[],"schemas":{{schemas}}}""");
        return Value(New("Contract.ContractDocument", document.RootElement.Clone()), "Schemas")!;
    }

    /// <summary>The JSON that a delegate writes.</summary>
    public static string WriteJson(Action<Utf8JsonWriter> write)
    {
        using var memory = new MemoryStream();
        using (var writer = new Utf8JsonWriter(memory)) write(writer);
        return Encoding.UTF8.GetString(memory.ToArray());
    }
}

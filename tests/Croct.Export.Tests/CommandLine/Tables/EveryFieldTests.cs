using System.Collections;
using System.Globalization;
using System.Reflection;
using Croct.Export.Models;
using Newtonsoft.Json;

namespace Croct.Export.Tests.CommandLine.Tables;

/// <summary>Every field of the models, including new ones, is in a column.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class EveryFieldTests
{
    private int _next = 1000;

    private readonly List<string> _values = [];

    [TestCase("events", typeof(Event))]
    [TestCase("sessions", typeof(Session))]
    [TestCase("users", typeof(User))]
    public async Task Every_field_of_an_item_is_in_its_row(string stream, Type model)
    {
        using var exporter = new Exporter();

        var file = await ItemServer.ExportAsync(exporter, stream, "items.csv", [JsonConvert.SerializeObject(CreateFilled(model))]);

        var row = (await File.ReadAllTextAsync(file)).Replace("\"\"", "\"", StringComparison.Ordinal);
        Assert.That(_values, Has.Count.GreaterThan(8));
        Assert.That(_values.Where(value => !row.Contains(value, StringComparison.Ordinal)), Is.Empty);
    }

    /// <summary>An object with a distinct value in every serialized property.</summary>
    private object CreateFilled(Type model)
    {
        var instance = Activator.CreateInstance(model)!;
        foreach (var property in model.GetProperties().Where(property => property.CanWrite && property.Name is not ("AdditionalProperties" or "Type")))
        {
            if (property.GetValue(instance) is IList list) list.Add(CreateValue(list.GetType().GetGenericArguments()[0], property));
            else if (property.GetValue(instance) is IDictionary map) map.Add("key", CreateValue(map.GetType().GetGenericArguments()[1], property));
            else property.SetValue(instance, CreateValue(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType, property));
        }

        return instance;
    }

    private object CreateValue(Type type, PropertyInfo property)
    {
        var number = _next++;
        if (type == typeof(EventPayload)) return CreateFilled(typeof(OrderPlaced));
        if (type == typeof(EventContext)) return CreateFilled(typeof(WebContext));
        if (type == typeof(string)) return Record($"text {number}");
        if (type == typeof(Guid)) return Record(Guid.Parse($"00000000-0000-4000-8000-{number:D12}"));
        if (type == typeof(bool)) return true;
        if (type == typeof(int)) return Record(number);
        if (type == typeof(double)) return Record(number + 0.5);
        if (type == typeof(decimal)) return Record(number + 0.25m);
        if (typeof(Newtonsoft.Json.Linq.JToken).IsAssignableFrom(type)) return new Newtonsoft.Json.Linq.JValue(Record($"text {number}"));
        if (type == typeof(long))
        {
            var isTime = property.DeclaringType!.GetProperty(property.Name + "Utc") is not null;
            var time = DateTimeOffset.FromUnixTimeMilliseconds(number * 86_400_000L);
            _values.Add(isTime && IsColumn(property)
                ? time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
                : time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
            return time.ToUnixTimeMilliseconds();
        }

        return type.IsValueType ? Activator.CreateInstance(type, Record($"TEXT_{number}"))! : CreateFilled(type);
    }

    /// <summary>Whether a time has a column; times of payloads are in their JSON as received.</summary>
    private static bool IsColumn(PropertyInfo property) => property.DeclaringType!.Name is "Event" or "Session" or "SessionWindow" or "User";

    private T Record<T>(T value)
        where T : notnull
    {
        _values.Add(Convert.ToString(value, CultureInfo.InvariantCulture)!);
        return value;
    }
}
